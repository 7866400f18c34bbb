// `rankloop web`: the pages and their API, without a worker.

import path from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../domain/errors.ts';
import { openProcessDatabase, prepareDatabase } from './database.ts';
import { keepRunning } from './keep-running.ts';
import { stopSignal, whenAborted } from './signals.ts';
import { addressOf, ensureBuilt, requireFreePort, startWeb, type WebAddress, waitForWeb } from './web-app.ts';
import { dataDirOption, environmentOf } from './worker.ts';

export const portOption = () =>
  new Option('--port <port>', 'where the pages are served').default(3000).argParser(parsePort);
export const hostOption = () =>
  new Option('--host <host>', 'the address to listen on; 0.0.0.0 for every network').default('127.0.0.1');

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new AppError('INVALID_INPUT', `--port must be a number from 1 to 65535, not "${text}".`);
}

export function announce(address: WebAddress, setupToken: string | null): void {
  console.error(`Open ${addressOf(address)}`);
  if (setupToken)
    console.error(`First time here? Make the admin account: ${addressOf(address)}/setup?token=${setupToken}`);
}

export function registerWeb(program: Command): void {
  program
    .command('web')
    .description('serve the pages and their API, without a worker')
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(dataDirOption())
    .action(async (options: WebAddress & { dataDir?: string }) => {
      const stop = stopSignal();
      await requireFreePort(options);
      const environment = environmentOf(options);
      const database = await openProcessDatabase(environment);
      try {
        const [{ setupToken }] = await Promise.all([
          prepareDatabase(database.url),
          ensureBuilt(path.join(environment.dataDir, 'build.log'), console.error, stop),
        ]);
        const env = { ...process.env, DATABASE_URL: database.url, DATA_DIR: environment.dataDir };
        const web = keepRunning('web', () => startWeb(options, env), console.error);
        if (await waitForWeb(options, stop)) announce(options, setupToken);
        await whenAborted(stop);
        await web.stop();
      } finally {
        await database.stop();
      }
    });
}
