// Prints the number of tokens of each line on stdin, by the o200k_base encoding (package gpt-tokenizer).
import { readFileSync } from 'node:fs';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';

for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) console.log(encode(line).length);
