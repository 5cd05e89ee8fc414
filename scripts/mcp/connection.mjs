// A connected client of one of the TypeScript SDKs; WHERE is a URL or the command of a server on stdio.
const sdks = {
  sdk: ['@modelcontextprotocol/sdk/client/index.js', '@modelcontextprotocol/sdk/client/streamableHttp.js'],
  client: ['@modelcontextprotocol/client', '@modelcontextprotocol/client'],
};

export async function connected(sdk, era, where, options = {}) {
  const [{ Client }, { StreamableHTTPClientTransport }] = await Promise.all(sdks[sdk].map((name) => import(name)));
  const client = new Client({ name: 'session', version: '1.0.0' }, { versionNegotiation: { mode: era }, ...options });
  const [first, ...args] = where;
  if (first.startsWith('http')) {
    const headers = { Authorization: `Bearer ${process.env.REKOR_TOKEN}` };
    await client.connect(new StreamableHTTPClientTransport(new URL(first), { requestInit: { headers } }));
  } else {
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    await client.connect(new StdioClientTransport({ command: first, args, env: process.env }));
  }
  return client;
}
