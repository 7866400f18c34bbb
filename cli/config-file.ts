// `--config`: JSON with the names people know from TRL and PEFT; an unknown or impossible setting is refused by name.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { describeReadError } from './io.ts';

/** The settings of a file, or the defaults without one. */
export async function readConfigFile<S extends z.ZodType>(schema: S, file: string | undefined): Promise<z.infer<S>> {
  if (file === undefined) return schema.parse({});
  const text = await readFile(file, 'utf8').catch((error) => {
    throw describeReadError(error, file);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `${file} is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown ${issue.keys.map((key) => `"${[...issue.path, key].join('.')}"`).join(', ')}`
      : `"${issue.path.join('.')}": ${issue.message}`,
  );
  throw new AppError('CONFIG_INVALID', `${file}: ${problems.join('; ')}.`);
}

/** What a JSON file states itself, without defaults. */
export async function readStated(file: string): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(file, 'utf8')));
}
