// Runs Next's own command line, or serves what it built, and ends with the process that started this one: a killed
// supervisor must not leave a server that holds its port. Plain JavaScript, since Next starts processes of its own with this
// one's options.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

process.on('disconnect', () => process.exit(0));
// The channel alone must not keep a finished build alive.
process.channel?.unref();
const own = process.argv[2] === 'start' ? './next-server.mjs' : null;
await import(own ?? pathToFileURL(createRequire(import.meta.url).resolve('next/dist/bin/next')).href);
