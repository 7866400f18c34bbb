// API keys, which open /v1 to programs. The key is shown once; afterwards only its hash is known.
import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { apiKeys, user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';

const keyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  createdAt: apiKeys.createdAt,
  lastUsedAt: apiKeys.lastUsedAt,
  revokedAt: apiKeys.revokedAt,
};

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

export async function listApiKeys(db: Queryable) {
  return db
    .select({ ...keyColumns, createdBy: user.name })
    .from(apiKeys)
    .leftJoin(user, eq(user.id, apiKeys.createdBy))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id));
}

/** The only time that the key itself is given. */
export async function createApiKey(db: Database, actor: { id: string }, input: { name: string }) {
  // 256 random bits need no slow hash: nobody can try them all.
  const key = `rl-${randomBytes(32).toString('base64url')}`;
  const [created] = await db
    .insert(apiKeys)
    .values({ name: input.name, prefix: key.slice(0, 8), hash: hashOf(key), createdBy: actor.id })
    .returning(keyColumns);
  if (!created) throw new Error('insert into api_keys returned no row');
  return { ...created, key };
}

/** From now on the key opens nothing. Its row stays, to say what it was. */
export async function revokeApiKey(db: Database, input: { apiKeyId: string }): Promise<void> {
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: new Date() })
    .where(and(eq(apiKeys.id, input.apiKeyId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  if (revoked.length === 0) throw new AppError('NOT_FOUND', 'There is no such API key, or it is revoked already.');
}

/** The key of an Authorization header; UNAUTHENTICATED for any other. Notes its use, once a minute at most. */
export async function requireApiKey(db: Queryable, authorization: string | null): Promise<{ id: string }> {
  const key = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (!key) {
    throw new AppError('UNAUTHENTICATED', 'Send an API key as "Authorization: Bearer rl-...": an admin can make one.');
  }
  const [found] = await db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, hashOf(key)), isNull(apiKeys.revokedAt)));
  if (!found) throw new AppError('UNAUTHENTICATED', 'This API key is unknown or was revoked.');
  await db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(apiKeys.id, found.id),
        or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, sql`now() - interval '1 minute'`)),
      ),
    );
  return found;
}
