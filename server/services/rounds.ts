// Rounds: what to start one with, its start (which freezes its data), what it shows, and its decision.

import { isDeepStrictEqual } from 'node:util';
import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database, Queryable } from '../../db/client.ts';
import { prompts, responses } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { datasetVersions, judges, policies, projects, rounds } from '../../db/schema/project.ts';
import { evaluationItems, evaluations, roundMetrics, roundWarnings } from '../../db/schema/training.ts';
import { demoRecipe } from '../../demo/recipe.ts';
import { type ConditionName, conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import { type PairPolicy, pairPolicyNames } from '../../domain/pairs.ts';
import { activeRoundStatuses } from '../../domain/rounds.ts';
import { type TrainConfig, trainConfigSchema } from '../../engine/config.ts';
import { availableConditions, requireConditions, sampledConditions, usualConditions } from './conditions.ts';
import { cancelJob } from './job-end.ts';
import { enqueue, findRoundJob } from './jobs.ts';
import { listJudges, requireJudge } from './judges.ts';
import { countCurrentRankings, defaultPairPolicy, freezeDataset, type PairScope } from './pairs.ts';
import { lockProject, requireProject } from './projects.ts';
import { applyRoundEvent } from './rounds-status.ts';

/** What `previous` holds the new policy against: the policy that the round starts from. */
export type ReferenceChoice = 'sft' | 'previous';

export async function roundDefaults(db: Queryable, params: { projectId: string }) {
  const project = await requireProject(db, params.projectId);
  const [projectJudges, lora, rankings, available, sampled, usual] = await Promise.all([
    listJudges(db, params),
    findInheritedLora(db, project.currentPolicyId),
    project.currentPolicyId
      ? countCurrentRankings(db, { projectId: project.id, policyId: project.currentPolicyId })
      : Promise.resolve(0),
    availableConditions(db, params),
    sampledConditions(db, project.currentPolicyId),
    usualConditions(db, project.currentPolicyId),
  ]);
  const judge =
    projectJudges.find(({ kind }) => kind === 'oracle') ?? projectJudges.find(({ kind }) => kind !== 'random');
  const config = trainConfigSchema.parse(project.kind === 'demo' ? demoRecipe.training : {});
  return {
    config: { ...config, lora: lora ?? config.lora },
    pairPolicy: defaultPairPolicy,
    pairPolicies: pairPolicyNames,
    conditions: usual,
    availableConditions: available,
    sampledConditions: sampled,
    reference: 'previous' as ReferenceChoice,
    judgeId: judge?.id ?? null,
    judges: projectJudges,
    /** Live rankings of the current policy's responses: what the round would train on. */
    rankings,
  };
}

/** The adapter's shape that a round from this policy goes on with; null where it starts a fresh one. */
async function findInheritedLora(db: Queryable, policyId: string | null): Promise<TrainConfig['lora']> {
  if (!policyId) return null;
  const [maker] = await db.select({ config: rounds.config }).from(rounds).where(eq(rounds.policyId, policyId));
  return maker?.config.lora ?? null;
}

function requireSameLora(inherited: TrainConfig['lora'], asked: TrainConfig['lora']): void {
  if (!asked) throw new AppError('CONFIG_INVALID', 'A round trains an adapter: give its LoRA settings, not null.');
  if (!inherited || isDeepStrictEqual(inherited, asked)) return;
  const { r, lora_alpha, target_modules } = inherited;
  throw new AppError(
    'CONFLICT',
    `This round goes on from an adapter of rank ${r} and alpha ${lora_alpha} on ${target_modules.join(', ')}: keep its LoRA settings.`,
  );
}

/** A policy of a backend, or of imported texts, gives responses only: there is nothing to train from, or to hold a policy against. */
async function requireOwnWeights(db: Queryable, policyIds: string[]): Promise<void> {
  const [without] = await db
    .select({ name: policies.name, backendId: policies.backendId })
    .from(policies)
    .where(and(inArray(policies.id, policyIds), isNull(policies.modelDir)));
  if (!without) return;
  const what = without.backendId ? 'is a model of a server elsewhere' : 'is no model, but texts that were imported';
  throw new AppError('CONFLICT', `The policy ${without.name} ${what}: no round starts from it.`);
}

export interface StartRound {
  projectId: string;
  config: TrainConfig;
  pairPolicy: PairPolicy;
  /** Leaves out pairs whose scores differ by less. */
  minMargin?: number | null | undefined;
  /** What of a prompt is rendered into it, for training and in the evaluation; if not said, what `roundDefaults` gives. */
  conditions?: ConditionName[] | undefined;
  reference: ReferenceChoice;
  judgeId: string;
  pairScope?: PairScope | undefined;
}

/** Freezes the pairs, numbers the round and hands its training to the queue, all or nothing. */
export async function startRound(
  db: Database,
  actor: { id: string },
  input: StartRound,
): Promise<{ roundId: string; jobRunId: string }> {
  return db.transaction(async (tx) => {
    const project = await lockProject(tx, input.projectId);
    if (!project.currentPolicyId || !project.sftPolicyId) {
      throw new AppError('CONFLICT', 'This project has no policy to start from.');
    }
    const judge = await requireJudge(tx, input);
    await requireOwnWeights(tx, [project.currentPolicyId, project.sftPolicyId]);
    requireSameLora(await findInheritedLora(tx, project.currentPolicyId), input.config.lora);
    const [last] = await tx
      .select({ number: rounds.number })
      .from(rounds)
      .where(eq(rounds.projectId, project.id))
      .orderBy(desc(rounds.number))
      .limit(1);
    const [busy] = await tx
      .select({ number: rounds.number })
      .from(rounds)
      .where(and(eq(rounds.projectId, project.id), inArray(rounds.status, [...activeRoundStatuses])));
    if (busy) throw new AppError('CONFLICT', `Round ${busy.number} is still running: wait for it or cancel it.`);
    const conditions = input.conditions ?? (await usualConditions(tx, project.currentPolicyId));
    await requireConditions(tx, { projectId: project.id, conditions });
    const dataset = await freezeDataset(tx, {
      projectId: project.id,
      pairPolicy: input.pairPolicy,
      minMargin: input.minMargin ?? null,
      conditions,
      scope: input.pairScope ?? 'current',
    });
    if (!dataset) {
      throw new AppError('CONFLICT', "There are no pairs yet: rank some of the current policy's responses first.");
    }
    const [round] = await tx
      .insert(rounds)
      .values({
        projectId: project.id,
        number: (last?.number ?? 0) + 1,
        initPolicyId: project.currentPolicyId,
        referencePolicyId: input.reference === 'sft' ? project.sftPolicyId : project.currentPolicyId,
        datasetVersionId: dataset.id,
        judgeId: judge.id,
        config: input.config,
        createdBy: actor.id,
      })
      .returning({ id: rounds.id });
    if (!round) throw new Error('insert into rounds returned no row');
    const jobRunId = await enqueue(
      tx,
      'train',
      { roundId: round.id },
      { projectId: project.id, roundId: round.id, total: 0 },
    );
    return { roundId: round.id, jobRunId };
  });
}

export async function listRounds(db: Queryable, params: { projectId: string }) {
  return db
    .select({
      id: rounds.id,
      number: rounds.number,
      status: rounds.status,
      createdAt: rounds.createdAt,
      startedAt: rounds.startedAt,
      finishedAt: rounds.finishedAt,
      decidedAt: rounds.decidedAt,
      policyId: rounds.policyId,
      pairCount: datasetVersions.pairCount,
      beta: sql<number>`(${rounds.config}->>'beta')::float8`,
      error: rounds.error,
      winRate: evaluations.winRate,
      lower: evaluations.lower,
      upper: evaluations.upper,
    })
    .from(rounds)
    .innerJoin(datasetVersions, eq(datasetVersions.id, rounds.datasetVersionId))
    .leftJoin(evaluations, and(eq(evaluations.roundId, rounds.id), eq(evaluations.judgeId, rounds.judgeId)))
    .where(eq(rounds.projectId, params.projectId))
    .orderBy(desc(rounds.number));
}

export async function requireRound(db: Queryable, roundId: string) {
  const [round] = await db.select().from(rounds).where(eq(rounds.id, roundId));
  if (!round) throw new AppError('NOT_FOUND', 'There is no such round.');
  return round;
}

export async function getRound(db: Queryable, params: { roundId: string }) {
  const round = await requireRound(db, params.roundId);
  const [project, [dataset], named, [judge], [evaluation], job] = await Promise.all([
    requireProject(db, round.projectId),
    db.select().from(datasetVersions).where(eq(datasetVersions.id, round.datasetVersionId)),
    db
      .select({ id: policies.id, name: policies.name, roundId: policies.roundId })
      .from(policies)
      .where(eq(policies.projectId, round.projectId)),
    db.select({ id: judges.id, name: judges.name, kind: judges.kind }).from(judges).where(eq(judges.id, round.judgeId)),
    db
      .select()
      .from(evaluations)
      .where(and(eq(evaluations.roundId, round.id), eq(evaluations.judgeId, round.judgeId))),
    findRoundJob(db, round.id),
  ]);
  const findPolicy = (id: string | null) => named.find((policy) => policy.id === id) ?? null;
  return {
    round,
    dataset: dataset ?? null,
    judge: judge ?? null,
    policies: {
      init: findPolicy(round.initPolicyId),
      reference: findPolicy(round.referencePolicyId),
      policy: findPolicy(round.policyId),
      sft: findPolicy(project.sftPolicyId),
    },
    evaluation: evaluation ?? null,
    job,
    isCurrent: round.policyId !== null && project.currentPolicyId === round.policyId,
  };
}

export async function listRoundMetrics(db: Queryable, params: { roundId: string; afterStep?: number | undefined }) {
  return db
    .select({
      step: roundMetrics.step,
      maxSteps: roundMetrics.maxSteps,
      epoch: roundMetrics.epoch,
      values: roundMetrics.values,
    })
    .from(roundMetrics)
    .where(and(eq(roundMetrics.roundId, params.roundId), gt(roundMetrics.step, params.afterStep ?? -1)))
    .orderBy(asc(roundMetrics.step));
}

/** What the diagnostics found, in the order in which they found it. */
export async function listRoundWarnings(db: Queryable, params: { roundId: string }) {
  return db
    .select({
      kind: roundWarnings.kind,
      step: roundWarnings.step,
      figures: roundWarnings.figures,
      examples: roundWarnings.examples,
    })
    .from(roundWarnings)
    .where(eq(roundWarnings.roundId, params.roundId))
    .orderBy(asc(roundWarnings.step), asc(roundWarnings.createdAt), asc(roundWarnings.kind));
}

/** Held-out prompts with both policies' responses side by side; the cursor is an offset. */
export async function listRoundSamples(
  db: Queryable,
  params: { roundId: string; outcome?: 'win' | 'tie' | 'loss' | undefined; cursor?: number | undefined; limit: number },
) {
  const round = await requireRound(db, params.roundId);
  const mine = alias(responses, 'mine');
  const theirs = alias(responses, 'theirs');
  const offset = params.cursor ?? 0;
  const rows = await db
    .select({
      promptId: prompts.id,
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: datasetVersions.conditions,
      ordinal: evaluationItems.ordinal,
      outcome: evaluationItems.outcome,
      verdict: evaluationItems.verdict,
      policyResponse: { id: mine.id, text: mine.text },
      opponentResponse: { id: theirs.id, text: theirs.text },
    })
    .from(evaluationItems)
    .innerJoin(evaluations, eq(evaluations.id, evaluationItems.evaluationId))
    .innerJoin(prompts, eq(prompts.id, evaluationItems.promptId))
    .innerJoin(datasetVersions, eq(datasetVersions.id, round.datasetVersionId))
    .innerJoin(mine, eq(mine.id, evaluationItems.policyResponseId))
    .innerJoin(theirs, eq(theirs.id, evaluationItems.opponentResponseId))
    .where(
      and(
        eq(evaluations.roundId, round.id),
        eq(evaluations.judgeId, round.judgeId),
        params.outcome ? eq(evaluationItems.outcome, params.outcome) : undefined,
      ),
    )
    .orderBy(asc(prompts.createdAt), asc(prompts.id), asc(evaluationItems.ordinal))
    .limit(params.limit + 1)
    .offset(offset);
  return {
    items: rows.slice(0, params.limit).map(({ prompt, stated, conditions, ...row }) => ({
      ...row,
      prompt: conditioned(prompt, stated, conditions),
    })),
    nextCursor: rows.length > params.limit ? offset + params.limit : null,
  };
}

/** Stops the round's job; the round is cancelled with it. */
export async function cancelRound(db: Database, params: { roundId: string }) {
  const [job] = await db
    .select({ id: jobRuns.id })
    .from(jobRuns)
    .where(and(eq(jobRuns.roundId, params.roundId), inArray(jobRuns.status, ['queued', 'running'])));
  if (!job) throw new AppError('CONFLICT', 'This round is not running.');
  return cancelJob(db, { jobRunId: job.id });
}

export interface DecideRound {
  roundId: string;
  decision: 'promote' | 'reject';
  note?: string | undefined;
}

/** Promotes the round's policy (the next round samples and starts from it) or sets it aside. */
export async function decideRound(db: Database, actor: { id: string }, input: DecideRound) {
  return db.transaction(async (tx) => {
    const { projectId } = await requireRound(tx, input.roundId);
    const project = await lockProject(tx, projectId);
    const round = await applyRoundEvent(tx, input.roundId, input.decision, {
      decidedAt: new Date(),
      decidedBy: actor.id,
      decisionNote: input.note ?? null,
    });
    if (input.decision === 'promote') {
      await tx.update(projects).set({ currentPolicyId: round.policyId }).where(eq(projects.id, project.id));
    }
    return round;
  });
}
