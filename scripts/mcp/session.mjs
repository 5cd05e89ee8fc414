// A scripted session of the TypeScript SDK: list, create, a validation error, its fix, SQL, a batch.
// usage: session.mjs URL    the token is in REKOR_TOKEN; the database `shop` has a collection `invoices`
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const headers = { Authorization: `Bearer ${process.env.REKOR_TOKEN}` };
const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]), { requestInit: { headers } });
const client = new Client({ name: 'session', version: '1.0.0' });
await client.connect(transport);
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
await client.close();
console.log(`typescript: ${tools.length} tools`);
