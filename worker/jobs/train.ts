// Trains a round on its frozen pairs. Each attempt writes to its own folder and starts from the newest whole checkpoint
// of the earlier ones; the adapter becomes a policy in the transaction that hands over to the evaluation.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { asc, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { prompts, responses } from '../../db/schema/data.ts';
import { datasetVersions, policies, type rounds } from '../../db/schema/project.ts';
import { pairs, roundMetrics, roundWarnings } from '../../db/schema/training.ts';
import { conditioned } from '../../domain/conditional.ts';
import { trainConfigSchema } from '../../engine/config.ts';
import type { Completion, Reference, TrainingPair } from '../../engine/ports.ts';
import { enqueue } from '../../server/services/jobs.ts';
import { applyRoundEvent } from '../../server/services/rounds-status.ts';
import { getPolicy } from '../../server/services/samplings.ts';
import type { JobContext, JobHandler } from '../context.ts';
import { modelOf } from '../sampling.ts';
import { newestOfAttempts } from '../training-attempts.ts';
import { type MetricsTarget, metricsWriter } from '../training-metrics.ts';

export const train: JobHandler<'train'> = async ({ roundId }, context) => {
  const round = await context.write((tx) => applyRoundEvent(tx, roundId, 'train'));
  const init = await getPolicy(context.db, round.initPolicyId);
  const folder = path.join(context.dataDir, 'rounds', round.id);
  const resumeFrom = await newestOfAttempts(folder);
  const out = path.join(folder, String(context.fence));
  await mkdir(out, { recursive: true });
  const result = await context.engine.train(
    {
      ...(await modelOf(context, init)),
      reference: await referenceOf(context, round),
      pairs: await loadPairs(context, round.datasetVersionId),
      config: trainConfigSchema.parse(round.config), // a round that was started by an older version lacks newer settings
      out,
      ...(resumeFrom ? { resumeFrom } : {}),
    },
    metricsWriter(context, out, metricsOf(roundId)),
    context.signal,
  );
  const adapterKey = await context.artifacts.putFolder(result.adapter);
  await context.write(async (tx) => {
    const [policy] = await tx
      .insert(policies)
      .values({
        projectId: round.projectId,
        name: `round-${round.number}`,
        modelDir: init.modelDir,
        adapterKey,
        parentId: init.id,
        roundId: round.id,
      })
      .returning({ id: policies.id });
    if (!policy) throw new Error('insert into policies returned no row');
    await applyRoundEvent(tx, roundId, 'evaluate', { policyId: policy.id });
    await enqueue(tx, 'evaluate', { roundId }, { projectId: round.projectId, roundId, total: 0 });
    await context.finish(tx);
  });
  await rm(folder, { recursive: true, force: true });
};

const metricsOf = (roundId: string): MetricsTarget => ({
  channel: 'round',
  id: roundId,
  add: (tx, steps) =>
    tx
      .insert(roundMetrics)
      .values(steps.map((step) => ({ roundId, ...step })))
      .onConflictDoNothing(),
  replace: (tx, step) =>
    tx
      .insert(roundMetrics)
      .values({ roundId, ...step })
      .onConflictDoUpdate({
        target: [roundMetrics.roundId, roundMetrics.step],
        set: step,
        setWhere: sql`${roundMetrics.fence} < ${step.fence}`,
      }),
  warn: (tx, warnings) =>
    tx
      .insert(roundWarnings)
      .values(warnings.map((warning) => ({ roundId, ...warning })))
      .onConflictDoNothing(),
});

type Round = typeof rounds.$inferSelect;

async function referenceOf(context: JobContext, round: Round): Promise<Reference> {
  if (round.referencePolicyId === round.initPolicyId) return 'initial';
  const { adapter } = await modelOf(context, await getPolicy(context.db, round.referencePolicyId));
  return adapter ? { adapter } : 'base';
}

/** In the version's order, under its conditions. Responses sampled here train on their stored tokens, never on re-tokenised text. */
async function loadPairs(context: JobContext, datasetVersionId: string): Promise<TrainingPair[]> {
  const chosen = alias(responses, 'chosen');
  const rejected = alias(responses, 'rejected');
  const rows = await context.db
    .select({
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: datasetVersions.conditions,
      weight: pairs.weight,
      margin: pairs.margin,
      criterion: pairs.criterion,
      chosen: { text: chosen.text, tokenIds: chosen.tokenIds, finishReason: chosen.finishReason },
      rejected: { text: rejected.text, tokenIds: rejected.tokenIds, finishReason: rejected.finishReason },
    })
    .from(pairs)
    .innerJoin(datasetVersions, eq(datasetVersions.id, pairs.datasetVersionId))
    .innerJoin(prompts, eq(prompts.id, pairs.promptId))
    .innerJoin(chosen, eq(chosen.id, pairs.chosenResponseId))
    .innerJoin(rejected, eq(rejected.id, pairs.rejectedResponseId))
    .where(eq(pairs.datasetVersionId, datasetVersionId))
    .orderBy(asc(pairs.ordinal));
  return rows.map(({ prompt, stated, conditions, chosen, rejected, ...row }) => ({
    ...row,
    prompt: conditioned(prompt, stated, conditions),
    chosen: completionOf(chosen),
    rejected: completionOf(rejected),
  }));
}

interface StoredResponse {
  text: string;
  tokenIds: number[] | null;
  finishReason: 'stop' | 'length';
}

/** A server elsewhere gives text alone: it ends as this model's template ends a turn, unless its length has cut it. */
function completionOf({ text, tokenIds, finishReason }: StoredResponse): Completion {
  if (tokenIds) return { tokenIds };
  return finishReason === 'length' ? { cutText: text } : text;
}
