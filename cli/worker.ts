// `rankloop worker`: takes jobs until it is stopped.
import { type Command, Option } from 'commander';
import { migrateDatabase } from '../db/migrate.ts';
import { AppError } from '../domain/errors.ts';
import { deviceSchema } from '../engine/config.ts';
import { readEnvironment } from '../server/env.ts';
import { installationSecret } from '../server/secrets.ts';
import { runWorker } from '../worker/main.ts';
import { openProcessDatabase } from './database.ts';
import { wholeNumber } from './io.ts';
import { stopSignal } from './signals.ts';

export const dataDirOption = () =>
  new Option('--data-dir <dir>', 'where everything is kept (default: $DATA_DIR or .data)');
export const deviceOption = () =>
  new Option('--device <device>', 'auto, cpu, cuda, cuda:N or webgpu').default('auto').argParser(parseDevice);

function parseDevice(text: string): string {
  const parsed = deviceSchema.safeParse(text);
  if (!parsed.success)
    throw new AppError('INVALID_INPUT', `--device ${parsed.error.issues[0]?.message}, not "${text}".`);
  return parsed.data;
}

/** The environment, with what the command line says about it. */
export function environmentOf(options: { dataDir?: string }) {
  return readEnvironment({ ...process.env, ...(options.dataDir ? { DATA_DIR: options.dataDir } : {}) });
}

interface WorkerCommandOptions {
  dataDir?: string;
  device: string;
  serveHost: string;
  servePort: number;
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('take jobs (sampling, judging, training) until stopped')
    .addOption(dataDirOption())
    .addOption(deviceOption())
    .option(
      '--serve-host <host>',
      'where the pages reach this worker: set it when they run on another machine',
      '127.0.0.1',
    )
    .option('--serve-port <port>', 'the port for that; 0 takes a free one', wholeNumber(0, 65535), 0)
    .action(async (options: WorkerCommandOptions) => {
      const stop = stopSignal();
      const environment = environmentOf(options);
      const database = await openProcessDatabase(environment);
      try {
        await migrateDatabase(database.url);
        await runWorker(
          {
            databaseUrl: database.url,
            dataDir: environment.dataDir,
            secret: installationSecret(environment),
            device: options.device,
            modelsDir: environment.modelsDir,
            hubEndpoint: environment.hubEndpoint,
            serving: { host: options.serveHost, port: options.servePort },
          },
          stop,
        );
      } finally {
        await database.stop();
      }
      // Connections that the queue still closes must not keep the process.
      process.exit(0);
    });
}
