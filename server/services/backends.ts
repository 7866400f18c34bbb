// Backends: models of servers elsewhere, which answer prompts beside our own policies. Each has a policy that its
// responses name; no round starts from one.
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { backends, policies } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { encryptText } from '../secrets.ts';
import { requireProject } from './projects.ts';

const backendColumns = {
  id: backends.id,
  policyId: policies.id,
  name: policies.name,
  baseUrl: backends.baseUrl,
  model: backends.model,
  /** The key itself never leaves the server. */
  hasApiKey: sql<boolean>`${backends.apiKeyEncrypted} is not null`,
};

export async function listBackends(db: Queryable, params: { projectId: string }) {
  return db
    .select(backendColumns)
    .from(backends)
    .innerJoin(policies, eq(policies.backendId, backends.id))
    .where(and(eq(backends.projectId, params.projectId), isNull(backends.removedAt)))
    .orderBy(asc(backends.createdAt), asc(backends.id));
}

export interface CreateBackend {
  projectId: string;
  name: string;
  baseUrl: string;
  model: string;
  apiKey?: string | undefined;
}

export async function createBackend(
  db: Database,
  secret: string,
  { projectId, name, baseUrl, model, apiKey }: CreateBackend,
): Promise<{ backendId: string; policyId: string }> {
  return db.transaction(async (tx) => {
    const project = await requireProject(tx, projectId);
    const [backend] = await tx
      .insert(backends)
      .values({
        projectId: project.id,
        baseUrl,
        model,
        apiKeyEncrypted: apiKey ? encryptText(secret, apiKey) : null,
      })
      .returning({ id: backends.id });
    if (!backend) throw new Error('insert into backends returned no row');
    const [policy] = await tx
      .insert(policies)
      .values({ projectId: project.id, name, backendId: backend.id })
      .returning({ id: policies.id });
    if (!policy) throw new Error('insert into policies returned no row');
    return { backendId: backend.id, policyId: policy.id };
  });
}

/** The rows stay for the responses that name them; the API key goes. */
export async function removeBackend(db: Database, params: { backendId: string }): Promise<void> {
  const removed = await db
    .update(backends)
    .set({ removedAt: new Date(), apiKeyEncrypted: null })
    .where(and(eq(backends.id, params.backendId), isNull(backends.removedAt)))
    .returning({ id: backends.id });
  if (removed.length === 0) throw new AppError('NOT_FOUND', 'There is no such server, or it is removed already.');
}

/** A backend that can still be asked. */
export async function requireBackend(db: Queryable, backendId: string) {
  const [backend] = await db
    .select()
    .from(backends)
    .where(and(eq(backends.id, backendId), isNull(backends.removedAt)));
  if (!backend) throw new AppError('NOT_FOUND', 'The server to sample from has been removed.');
  return backend;
}
