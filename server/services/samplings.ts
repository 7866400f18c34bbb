// Asking for responses: which prompts, from which policy, with which settings.
import { randomInt } from 'node:crypto';
import { and, asc, eq, notExists, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { prompts, samplingPrompts, samplings } from '../../db/schema/data.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { policies, projects } from '../../db/schema/project.ts';
import type { ConditionName } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import type { SamplingConfig } from '../../engine/config.ts';
import { requireBackend } from './backends.ts';
import { availableConditions, requireConditions, trainedConditions } from './conditions.ts';
import { enqueue } from './jobs.ts';
import { lockProject, requireProject } from './projects.ts';

export interface StartSampling {
  projectId: string;
  /** A backend's policy; the current policy if not said. */
  policyId?: string | undefined;
  promptCount: number;
  n: number;
  config: SamplingConfig;
  /** What of a prompt is rendered into it; if not said, what the policy was trained with. */
  conditions?: ConditionName[] | undefined;
  seed?: number | undefined;
}

/** What the current policy was trained to read beside the messages, and what the prompts have. */
export async function samplingDefaults(db: Queryable, params: { projectId: string }) {
  const project = await requireProject(db, params.projectId);
  const [conditions, available] = await Promise.all([
    trainedConditions(db, project.currentPolicyId),
    availableConditions(db, params),
  ]);
  return { conditions, availableConditions: available };
}

/** Samples train prompts that the policy has not answered yet, oldest first. */
export async function startSampling(db: Database, input: StartSampling) {
  return db.transaction(async (tx) => {
    // The lock keeps two samplings from taking the same prompts.
    const project = await lockProject(tx, input.projectId);
    const policy = await findSampledPolicy(tx, project, input.policyId);
    const conditions = input.conditions ?? (await trainedConditions(tx, policy.id));
    await requireConditions(tx, { projectId: project.id, conditions });
    const promptIds = await findUnsampledPrompts(tx, project.id, policy.id, input.promptCount);
    if (promptIds.length === 0) {
      throw new AppError('CONFLICT', `The policy ${policy.name} has answered every train prompt already: add prompts.`);
    }
    const [sampling] = await tx
      .insert(samplings)
      .values({
        projectId: project.id,
        policyId: policy.id,
        purpose: 'label',
        n: input.n,
        config: input.config,
        conditions,
        seed: input.seed ?? randomInt(2 ** 32),
      })
      .returning({ id: samplings.id });
    if (!sampling) throw new Error('insert into samplings returned no row');
    await claimPrompts(tx, sampling.id, promptIds);
    const jobRunId = await enqueue(
      tx,
      policy.backendId ? 'sampleRemote' : 'sample',
      { samplingId: sampling.id, promptIds },
      { projectId: project.id, total: promptIds.length },
    );
    return { samplingId: sampling.id, jobRunId };
  });
}

/** The current policy, or one of a backend: an older policy of our own would give responses that no round trains on. */
async function findSampledPolicy(
  tx: Transaction,
  project: { id: string; currentPolicyId: string | null },
  policyId: string | undefined,
) {
  const wanted = policyId ?? project.currentPolicyId;
  if (!wanted) throw new AppError('CONFLICT', 'This project has no policy to sample from.');
  const policy = await getPolicy(tx, wanted);
  if (!policy.backendId && !policy.modelDir) {
    throw new AppError('CONFLICT', `The policy ${policy.name} is no model, but texts that were imported.`);
  }
  if (policy.backendId) await requireBackend(tx, policy.backendId);
  else if (policy.id !== project.currentPolicyId) {
    throw new AppError('CONFLICT', 'Responses to rank come from the current policy or from a server elsewhere.');
  }
  if (policy.projectId !== project.id) throw new AppError('NOT_FOUND', 'There is no such policy in this project.');
  return policy;
}

async function claimPrompts(tx: Transaction, samplingId: string, promptIds: string[]): Promise<void> {
  await tx.execute(
    sql`insert into ${samplingPrompts} (sampling_id, prompt_id)
        select ${samplingId}::uuid, unnest(${sql.param(promptIds)}::uuid[])`,
  );
}

async function findUnsampledPrompts(
  tx: Transaction,
  projectId: string,
  policyId: string,
  limit: number,
): Promise<string[]> {
  const claimed = tx
    .select({ one: sql`1` })
    .from(samplingPrompts)
    .innerJoin(samplings, eq(samplings.id, samplingPrompts.samplingId))
    .where(
      and(eq(samplingPrompts.promptId, prompts.id), eq(samplings.policyId, policyId), eq(samplings.purpose, 'label')),
    );
  const rows = await tx
    .select({ id: prompts.id })
    .from(prompts)
    .where(and(eq(prompts.projectId, projectId), eq(prompts.split, 'train'), notExists(claimed)))
    .orderBy(asc(prompts.createdAt), asc(prompts.id))
    .limit(limit);
  return rows.map((row) => row.id);
}

/** After a sampling ended early: the prompts that it did not come to are free for the next one. */
export async function releaseUnsampledPrompts(tx: Transaction, samplingId: string): Promise<void> {
  await tx.delete(samplingPrompts).where(
    and(
      eq(samplingPrompts.samplingId, samplingId),
      notExists(
        tx
          .select({ one: sql`1` })
          .from(tasks)
          .where(and(eq(tasks.samplingId, samplingId), eq(tasks.promptId, samplingPrompts.promptId))),
      ),
    ),
  );
}

export async function getPolicy(tx: Database | Transaction, policyId: string) {
  const [policy] = await tx.select().from(policies).where(eq(policies.id, policyId));
  if (!policy) throw new AppError('NOT_FOUND', 'There is no such policy.');
  return policy;
}

export async function getSampling(tx: Database | Transaction, samplingId: string) {
  const [row] = await tx
    .select({ sampling: samplings, policy: policies })
    .from(samplings)
    .innerJoin(policies, eq(policies.id, samplings.policyId))
    .innerJoin(projects, eq(projects.id, samplings.projectId))
    .where(eq(samplings.id, samplingId));
  if (!row) throw new AppError('NOT_FOUND', 'There is no such sampling.');
  return row;
}
