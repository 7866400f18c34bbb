// Serves the built pages: scripts and styles as they were compressed when they were built (Next itself knows gzip only, which
// is a tenth more, and does it at each request), everything else through Next.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import next from 'next';
import sirv from 'sirv';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { hostname: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '3000' } },
});
const port = Number(values.port);

const app = next({ dev: false, hostname: values.hostname, port });
await app.prepare();
const answer = app.getRequestHandler();
const prefix = '/_next/static';
const sendFile = sirv('.next/static', {
  brotli: true,
  gzip: true,
  immutable: true,
  maxAge: 31_536_000,
  setHeaders: (response) => response.setHeader('X-Content-Type-Options', 'nosniff'),
});

const server = createServer((request, response) => {
  const url = request.url ?? '/';
  if (!url.startsWith(`${prefix}/`)) return void answer(request, response);
  request.url = url.slice(prefix.length);
  sendFile(request, response, () => {
    request.url = url;
    void answer(request, response);
  });
});
server.listen(port, values.hostname);

/** Whoever waits for an answer gets it; a page's stream of changes would wait for ever. */
const patienceMs = 2_000;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    setTimeout(() => process.exit(0), patienceMs).unref();
  });
}
