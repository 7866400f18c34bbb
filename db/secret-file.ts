// A random secret in a file of its own (mode 0600), generated on first use; processes that start at once agree on one.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';

export function readOrCreateSecret(file: string): string {
  try {
    return readSecret(file) ?? createSecret(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('DATA_DIR_UNUSABLE', `The secret ${file} could not be read or written: ${reason}`, {
      cause: error,
    });
  }
}

function readSecret(file: string): string | null {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret === '') throw new Error('the file is empty; remove it, and a new secret will be made');
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function createSecret(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const secret = randomBytes(32).toString('base64url');
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears with its whole content or not at all, and fails where another process was first.
    linkSync(draft, file);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readSecret(file) ?? secret;
  } finally {
    unlinkSync(draft);
  }
}
