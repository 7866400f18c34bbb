// Starts the embedded server of a folder, prints what it became and stays: for tests that kill the launcher.
import { startEmbeddedPostgres } from '../db/embedded.ts';

const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
console.log(JSON.stringify({ pid: server.pid, adopted: server.adopted, url: server.url }));
setInterval(() => undefined, 1_000);
