// The token that opens gated and private models on the Hub: one for the installation, stored encrypted.
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Queryable } from '../../db/client.ts';
import { settings } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { decryptText, encryptText } from '../secrets.ts';

const key = 'hub_token';

export async function hasHubToken(db: Queryable): Promise<boolean> {
  return (await db.select({ key: settings.key }).from(settings).where(eq(settings.key, key))).length > 0;
}

/** Replaces the token; null forgets it. */
export async function setHubToken(db: Queryable, secret: string, token: string | null): Promise<void> {
  if (token === null) {
    await db.delete(settings).where(eq(settings.key, key));
    return;
  }
  const value = encryptText(secret, token);
  await db.insert(settings).values({ key, value }).onConflictDoUpdate({ target: settings.key, set: { value } });
}

/** For the worker only: the token itself never reaches a page. */
export async function readHubToken(db: Queryable, secret: string): Promise<string | null> {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.key, key));
  if (!row) return null;
  try {
    return decryptText(secret, z.string().parse(row.value));
  } catch (error) {
    throw new AppError(
      'HUB_REFUSED',
      "The Hub token cannot be decrypted with this installation's secret: enter it again on the models page.",
      { cause: error },
    );
  }
}
