// The installation's secret (data folder, mode 0600), and what is derived from it: sign-in's key, the workers' bearer
// token and the key that encrypts API keys.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { readOrCreateSecret } from '../db/secret-file.ts';
import { AppError } from '../domain/errors.ts';
import type { Environment } from './env.ts';

/** The secret, generated on first use; two processes that start at once agree on one. */
export function installationSecret(environment: Environment): string {
  if (environment.secret) return environment.secret;
  return readOrCreateSecret(path.join(environment.dataDir, 'secret'));
}

function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `rankloop ${purpose}`, 32));
}

export function authSecret(secret: string): string {
  return deriveKey(secret, 'sign-in').toString('base64url');
}

/** What the pages show a worker's internal service. */
export function servingToken(secret: string): string {
  return deriveKey(secret, 'serving').toString('base64url');
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
      'CONFLICT',
      "A stored API key cannot be decrypted with this installation's secret: remove what it belongs to, and add that again.",
      { cause: error },
    );
  }
}
