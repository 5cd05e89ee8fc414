// Says when the list of tools changes: first `listening`, then `changed: NAMES` once.
// usage: changes.mjs ERA WHERE...    ERA is legacy or auto; WHERE is a URL (the token is in REKOR_TOKEN) or a command
import { connected } from './connection.mjs';

const [era, ...where] = process.argv.slice(2);
const onChanged = (error, tools) => {
  console.log(error ? `failed: ${error}` : `changed: ${tools.map((tool) => tool.name).join(' ')}`);
  process.exit(error ? 1 : 0);
};
const listChanged = { tools: { onChanged, debounceMs: 0 } };
await connected('client', era, where, { listChanged });
console.log('listening');
setTimeout(() => process.exit(2), 30_000);
