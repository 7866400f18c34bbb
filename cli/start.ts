// `rankloop start`, which `npm start` runs: the embedded database, the pages and one worker under one supervisor that
// starts again whatever ends by itself.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded.ts';
import type { Environment } from '../server/env.ts';
import { prepareDatabase } from './database.ts';
import { type KeptProcess, keepRunning } from './keep-running.ts';
import { stopSignal, whenAborted } from './signals.ts';
import { announce, hostOption, portOption } from './web.ts';
import { ensureBuilt, projectRoot, requireFreePort, startWeb, type WebAddress, waitForWeb } from './web-app.ts';
import { dataDirOption, deviceOption, environmentOf } from './worker.ts';

/** The command line's own entry: the worker is another command of it. */
const mainFile = process.argv[1] ?? fileURLToPath(new URL('./main.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('start everything: database, pages and a worker')
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(dataDirOption())
    .addOption(deviceOption())
    .action(async (options: WebAddress & { dataDir?: string; device: string }) => {
      await supervise(options, environmentOf(options), stopSignal());
    });
}

async function supervise(
  options: WebAddress & { device: string },
  environment: Environment,
  stop: AbortSignal,
): Promise<void> {
  await requireFreePort(options);
  let embedded: EmbeddedPostgres | null = null;
  const kept: KeptProcess[] = [];
  const startDatabase = async (): Promise<string> => {
    if (environment.databaseUrl) return environment.databaseUrl;
    embedded = await startEmbeddedPostgres({ dataDir: environment.dataDir });
    return embedded.url;
  };
  try {
    let url = '';
    // The build takes by far the longest: the database comes up meanwhile.
    const building = new AbortController();
    const buildStops = AbortSignal.any([stop, building.signal]);
    const built = ensureBuilt(path.join(environment.dataDir, 'build.log'), console.error, buildStops);
    const prepared = startDatabase().then(async (started) => {
      url = started;
      return prepareDatabase(started);
    });
    prepared.catch(() => building.abort());
    const [database] = await Promise.allSettled([prepared, built]);
    if (database.status === 'rejected') throw database.reason;
    await built;
    if (stop.aborted) return;

    const env = () => ({ ...process.env, DATABASE_URL: url, DATA_DIR: environment.dataDir });
    kept.push(keepRunning('web', () => startWeb(options, env()), console.error));
    kept.push(keepRunning('worker', () => startWorker(options.device, env()), console.error));
    void watchDatabase();
    if (await waitForWeb(options, stop)) announce(options, database.value.setupToken);
    await whenAborted(stop);
    console.error('Stopping ...');

    /** A database that dies is started again; the pages and the worker find it where it was. */
    async function watchDatabase(): Promise<void> {
      while (embedded && !stop.aborted) {
        await Promise.race([embedded.gone, whenAborted(stop)]);
        if (stop.aborted) return;
        console.error('The database ended and is started again.');
        const formerUrl = url;
        try {
          url = await startDatabase();
          if (url !== formerUrl) for (const process of kept) process.restart();
        } catch (error) {
          console.error(error instanceof Error ? error.message : String(error));
          await new Promise((resolve) => setTimeout(resolve, 2_000));
        }
      }
    }
  } finally {
    await Promise.all(kept.map((process) => process.stop()));
    await (embedded as EmbeddedPostgres | null)?.stop();
  }
}

function startWorker(device: string, env: NodeJS.ProcessEnv) {
  return fork(mainFile, ['worker', '--device', device], {
    cwd: projectRoot,
    env,
    execArgv: ['--import', loader],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
