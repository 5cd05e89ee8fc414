// Passes requests to a server on this machine, unchanged but for the credential of REKOR_TOKEN; prints its port.
// usage: proxy.mjs PORT
import http from 'node:http';

const server = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${process.env.REKOR_TOKEN}` };
  const { method, url: path } = request;
  const upstream = http.request({ host: '127.0.0.1', port: process.argv[2], method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
