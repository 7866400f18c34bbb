// The installation's secret (data folder, mode 0600), and what is derived from it: sign-in's key and the key that
// encrypts judges' API keys.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { Environment } from './env.ts';

/** The secret, generated on first use; two processes that start at once agree on one. */
export function installationSecret(environment: Environment): string {
  if (environment.secret) return environment.secret;
  return readOrCreateSecret(path.join(environment.dataDir, 'secret'));
}

/** A random secret kept in `file` with mode 0600. */
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
    return secret === '' ? null : secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function createSecret(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears with its whole content or not at all, and fails where another process was first.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  const secret = readSecret(file);
  if (secret === null) throw new Error('the file is empty; remove it, and a new secret will be made');
  return secret;
}

function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `rankloop ${purpose}`, 32));
}

export function authSecret(secret: string): string {
  return deriveKey(secret, 'sign-in').toString('base64url');
}

/** AES-256-GCM: `nonce.ciphertext.tag`, base64url. */
export function encryptText(secret: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(secret, 'api keys'), nonce);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')).join('.');
}

export function decryptText(secret: string, encrypted: string): string {
  const [nonce, ciphertext, tag] = encrypted.split('.').map((part) => Buffer.from(part, 'base64url'));
  try {
    if (!nonce || !ciphertext || tag?.length !== 16) throw new Error('it is cut');
    const decipher = createDecipheriv('aes-256-gcm', deriveKey(secret, 'api keys'), nonce);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new AppError(
      'JUDGE_REFUSED',
      "The judge's API key cannot be decrypted with this installation's secret: add the judge again.",
      { cause: error },
    );
  }
}
