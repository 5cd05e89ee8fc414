// A scripted session of the TypeScript SDKs: list, create, a validation error, its fix, SQL, a batch.
// usage: session.mjs SDK ERA URL    SDK is sdk (version 1, which knows one era) or client (version 2); ERA is legacy or auto;
//                                   the token is in REKOR_TOKEN; the database `shop` has a collection `invoices`
import assert from 'node:assert/strict';
import { connected } from './connection.mjs';

const [sdk, era, ...where] = process.argv.slice(2);
const client = await connected(sdk, era, where);
const call = (name, args) => client.callTool({ name, arguments: args });

const { tools } = await client.listTools();
assert(tools.some((tool) => tool.name === 'manage_document'));
const place = { database_id: 'shop', collection: 'invoices' };
const customer = `ts-${process.pid}`;
const refused = await call('manage_document', { action: 'upsert', data: { customer }, ...place });
assert(refused.isError && refused.structuredContent.error.message.includes('amount'));
const made = await call('manage_document', { action: 'upsert', data: { customer, amount: 120 }, ...place });
assert(!made.isError && made.structuredContent.version === 1);
const operations = [{ type: 'upsert_document', collection: 'invoices', data: { customer, amount: 3 } }];
assert(!(await call('batch_operations', { database_id: 'shop', operations })).isError);
const query = "SELECT sum(CAST(data.amount, 'Float64')) AS total FROM documents WHERE data.customer.:String = {customer:String}";
const sum = await call('sql_query', { database_id: 'shop', query, params: { customer } });
assert.deepEqual(sum.structuredContent.rows, [[123]]);

const { prompts } = await client.listPrompts();
assert(prompts.some((prompt) => prompt.name === 'explore_database'));
const explore = await client.getPrompt({ name: 'explore_database', arguments: { database_id: 'shop' } });
assert(explore.messages.some((message) => message.content.text.includes('invoices')));
const argument = { name: 'database_id', value: 'sh' };
const { completion } = await client.complete({ ref: { type: 'ref/prompt', name: 'explore_database' }, argument });
assert(completion.values.includes('shop'));
await client.close();
console.log(`typescript ${sdk} ${era}: ${tools.length} tools, ${prompts.length} prompts`);
