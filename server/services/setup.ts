// The first admin: whoever holds the one-time token that the console printed.
import { createHash, randomBytes } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { settings, user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { insertPerson, type NewPerson } from './people.ts';

const tokenKey = 'setup_token_hash';
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

export async function needsAdmin(db: Queryable): Promise<boolean> {
  const admins = await db.select({ id: user.id }).from(user).where(eq(user.role, 'admin')).limit(1);
  return admins.length === 0;
}

/** A new set-up token (older ones stop working), or null once there is an admin. Only its hash is stored. */
export async function issueSetupToken(db: Database): Promise<string | null> {
  return db.transaction(async (tx) => {
    if (!(await needsAdmin(tx))) return null;
    const token = randomBytes(24).toString('base64url');
    const value = hashOf(token);
    await tx
      .insert(settings)
      .values({ key: tokenKey, value })
      .onConflictDoUpdate({ target: settings.key, set: { value } });
    return token;
  });
}

export async function createFirstAdmin(
  db: Database,
  input: NewPerson & { token: string },
): Promise<{ userId: string }> {
  return db.transaction(async (tx) => {
    // Taking the token is the lock: of two people with the same address one gets the row.
    const taken = await tx
      .delete(settings)
      .where(and(eq(settings.key, tokenKey), eq(settings.value, sql`${JSON.stringify(hashOf(input.token))}::jsonb`)))
      .returning();
    if (taken.length === 0 || !(await needsAdmin(tx))) {
      throw new AppError(
        'FORBIDDEN',
        'This set-up address has been used or replaced. Take the newest one that `npm start` printed, or sign in.',
      );
    }
    return insertPerson(tx, { ...input, role: 'admin' });
  });
}
