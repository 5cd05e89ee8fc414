// Prints the number of tokens of a text on stdin, by the o200k_base encoding (package gpt-tokenizer).
import { readFileSync } from 'node:fs';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';

console.log(encode(readFileSync(0, 'utf8')).length);
