// A worker in a process of its own, for tests that kill it: `start-worker.ts <database url> <data folder>`.
import { runWorker } from '../worker/main.ts';

const [databaseUrl = '', dataDir = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
await runWorker(
  {
    databaseUrl,
    dataDir,
    secret: 'a secret for tests, long enough',
    device: 'cpu',
    hubEndpoint: process.env.RANKLOOP_HUB_ENDPOINT ?? '',
    log: (line) => console.log(line),
  },
  stop.signal,
);
process.exit(0);
