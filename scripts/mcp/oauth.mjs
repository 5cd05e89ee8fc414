// The TypeScript SDK gets in by OAuth: discovery, registration, PKCE, a person at the forms, a refresh.
// usage: oauth.mjs URL LOGIN PASSWORD [browser]   with `browser` the person uses Chromium instead of bare forms
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, login, password, how] = process.argv.slice(2);
// The program on the person's machine that waits for the answer.
const came = {};
came.back = new Promise((done) => (came.done = done));
const waiting = createServer((request, response) => {
  response.end('done');
  if (request.url.startsWith('/callback')) came.done(new URL(request.url, redirect));
}).listen(0, '127.0.0.1');
await once(waiting, 'listening');
waiting.unref();
const redirect = `http://127.0.0.1:${waiting.address().port}/callback`;
let answer;

// A person with no browser: fills the forms by hand.
async function byForms(page) {
  const text = await (await fetch(page)).text();
  const hidden = [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const form = new URLSearchParams(hidden.map(([, name, value]) => [name, value.replaceAll('&amp;', '&')]));
  form.set('login', login);
  form.set('password', password);
  const asked = await (await fetch(new URL('authorize', page), { method: 'POST', body: form })).text();
  const choice = new URLSearchParams({ ticket: asked.match(/name="ticket" value="([^"]+)"/)[1], decision: 'allow' });
  choice.set('database', 'shop');
  choice.set('environment', 'production');
  for (const [, name] of asked.matchAll(/name="permission" value="([^"]+)"[^>]* checked/g)) choice.append('permission', name);
  const decided = await fetch(new URL('consent', page), { method: 'POST', body: choice, redirect: 'manual' });
  assert.equal(decided.status, 303, await decided.text());
  return new URL(decided.headers.get('location'));
}

// A person with a browser: what its policies would block is not done.
async function byBrowser(page) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: process.env.REKOR_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const tab = await browser.newPage();
  const refused = [];
  tab.on('console', (message) => message.type() === 'error' && refused.push(message.text()));
  await tab.goto(String(page));
  await tab.getByLabel('Login').fill(login);
  await tab.getByLabel('Password').fill('wrong');
  await tab.getByRole('button', { name: 'Log in' }).click();
  assert.match(await tab.locator('.problem').innerText(), /wrong/);
  await tab.getByLabel('Login').fill(login);
  await tab.getByLabel('Password').fill(password);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await tab.getByLabel('shop', { exact: true }).check();
  assert(await tab.getByLabel('read:documents').isChecked());
  assert(!(await tab.getByLabel('write:documents').isChecked()));
  if (process.env.REKOR_SCREENSHOT) await tab.screenshot({ path: process.env.REKOR_SCREENSHOT, fullPage: true });
  await tab.getByRole('button', { name: 'Allow' }).click();
  const back = await came.back;
  await browser.close();
  const blocked = refused.filter((text) => /policy/i.test(text));
  assert.deepEqual(blocked, []);
  return back;
}

const kept = {};
const provider = {
  redirectUrl: redirect,
  clientMetadata: {
    client_name: 'A client in TypeScript',
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  state: () => 'a state',
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  redirectToAuthorization: async (page) => void (answer = await (how === 'browser' ? byBrowser : byForms)(page)),
};

const connect = async () => {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const client = new Client({ name: 'oauth', version: '1.0.0' });
  try {
    await client.connect(transport);
  } catch (error) {
    return { error, transport };
  }
  return { client, transport };
};

const first = await connect();
assert(first.error instanceof UnauthorizedError, String(first.error));
assert.equal(answer.searchParams.get('state'), 'a state');
assert.equal(answer.searchParams.get('iss'), new URL(url).origin);
await first.transport.finishAuth(answer.searchParams.get('code'));
assert(kept.tokens.access_token && kept.tokens.refresh_token);

const { client, error } = await connect();
assert(client, String(error));
const { tools } = await client.listTools();
assert(tools.some((tool) => tool.name === 'sql_query'));
const found = await client.callTool({ name: 'manage_database', arguments: { action: 'list' } });
assert.deepEqual(found.structuredContent.data.map((row) => row.id), ['shop']);
await client.close();

// A token that opens nothing any more is renewed without the person.
const before = kept.tokens;
kept.tokens = { ...before, access_token: 'rec_gone' };
answer = undefined;
const again = await connect();
assert(again.client, String(again.error));
assert(answer === undefined && kept.tokens.refresh_token !== before.refresh_token);
await again.client.close();
console.log(`typescript ${how ?? 'forms'}: ${tools.length} tools, granted ${before.scope}`);
