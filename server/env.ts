// The settings of a running process, read once from its environment. Paths are relative to the project's root,
// which is every process's working folder.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { databaseUrlFile } from '../db/database-url.ts';
import { AppError } from '../domain/errors.ts';

const environmentSchema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  RANKLOOP_SECRET: z.string().min(32).optional(),
  RANKLOOP_URL: z.url({ protocol: /^https?$/ }).optional(),
  RANKLOOP_MODELS_DIR: z.string().min(1).optional(),
  RANKLOOP_HUB_ENDPOINT: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
});

export interface Environment {
  dataDir: string;
  /** null: the embedded database, whose address stands in the data folder while it runs. */
  databaseUrl: string | null;
  /** Set it where several machines share one database; else one is generated into the data folder. */
  secret: string | null;
  /** Where people find the app, when a proxy stands before it: with https, cookies are sent over https only. */
  publicUrl: string | null;
  /** The only place that models are read from. */
  modelsDir: string;
  /** The Hub, or a mirror of it, without a slash at the end. */
  hubEndpoint: string;
}

export function readEnvironment(source: Record<string, string | undefined> = process.env): Environment {
  // An empty variable means "not set", as in a shell script's DATABASE_URL=.
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError(
      'INVALID_INPUT',
      `The environment variable ${issue?.path.join('.')} is not usable: ${issue?.message}`,
    );
  }
  const { DATABASE_URL, DATA_DIR, RANKLOOP_SECRET, RANKLOOP_URL, RANKLOOP_MODELS_DIR, RANKLOOP_HUB_ENDPOINT } =
    parsed.data;
  return {
    dataDir: path.resolve(DATA_DIR),
    databaseUrl: DATABASE_URL ?? null,
    secret: RANKLOOP_SECRET ?? null,
    publicUrl: RANKLOOP_URL ?? null,
    modelsDir: path.resolve(RANKLOOP_MODELS_DIR ?? path.join(DATA_DIR, 'models')),
    hubEndpoint: RANKLOOP_HUB_ENDPOINT.replace(/\/+$/, ''),
  };
}

/** DATABASE_URL, or the running embedded database's address. */
export function requireDatabaseUrl(environment: Environment): string {
  if (environment.databaseUrl) return environment.databaseUrl;
  const file = databaseUrlFile(environment.dataDir);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    `No database: set DATABASE_URL, or run \`npm start\`, which starts one in ${environment.dataDir}.`,
  );
}
