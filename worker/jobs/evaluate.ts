// Compares a round's policy with SFT: both answer every held-out prompt with the same seeds, the round's judge says
// which answer is better, and the win rate comes with its interval and the measures that show how it was won.
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { datasetVersions, judges, type policies, projects, type rounds } from '../../db/schema/project.ts';
import { evaluationItems, evaluations } from '../../db/schema/training.ts';
import { scoreReply } from '../../demo/oracle.ts';
import { type ConditionName, conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import { summariseComparison } from '../../domain/evaluation.ts';
import type { Judge } from '../../domain/judging.ts';
import { mixSeed } from '../../domain/random.ts';
import { type Outcome, outcomeOf } from '../../domain/winrate.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { applyRoundEvent } from '../../server/services/rounds-status.ts';
import { getPolicy } from '../../server/services/samplings.ts';
import type { JobContext, JobHandler } from '../context.ts';
import { inParallel, judgeConcurrency, openJudgeOf } from '../open-judge.ts';
import { modelOf, sampleMissing } from '../sampling.ts';

export const samplesPerPrompt = 2;
/** The same for every evaluation, so that SFT's answers can be used again. */
const evaluationSeed = 1;

type Round = typeof rounds.$inferSelect;
type Project = typeof projects.$inferSelect;
type Policy = typeof policies.$inferSelect;
type Sampling = typeof samplings.$inferSelect;

interface Answer {
  id: string;
  promptId: string;
  ordinal: number;
  text: string;
  tokenIds: number[] | null;
  logp: number | null;
}

interface HeldOutPrompt {
  id: string;
  /** With the round's conditions rendered. */
  messages: ChatMessage[];
  contentHash: string;
}

interface Comparison {
  prompt: HeldOutPrompt;
  mine: Answer;
  theirs: Answer;
  outcome: Outcome;
  verdict: string;
}

export const evaluate: JobHandler<'evaluate'> = async ({ roundId }, context) => {
  const round = await context.write((tx) => applyRoundEvent(tx, roundId, 'evaluate'));
  const { project, policy, sft, conditions } = await loadParts(context, round);
  const heldOut = await findHeldOut(context, project.id, conditions);
  if (heldOut.length === 0) {
    throw new AppError('DATA_INVALID', 'There are no held-out prompts to evaluate on: add some to the project.');
  }
  const steps = { done: 0, total: heldOut.length * 3 };
  const advance = (tx: Transaction, message: string) =>
    context.progress(tx, { done: Math.min(++steps.done, steps.total), total: steps.total, message });

  const answers: Answer[][] = [];
  for (const [index, subject] of [policy, sft].entries()) {
    const roundId = subject.id === policy.id ? round.id : null;
    const sampling = await findOrCreateSampling(context, project, subject, conditions, roundId);
    steps.done = heldOut.length * index;
    const ids = heldOut.map(({ id }) => id);
    await sampleMissing(context, sampling, subject, ids, (tx) => advance(tx, `Sampling from ${subject.name}`));
    answers.push(await loadAnswers(context, sampling.id, ids));
  }
  const [mine = [], theirs = []] = answers;
  steps.done = heldOut.length * 2;
  const comparisons = await compare(context, round, pairUp(heldOut, mine, theirs), (tx) => advance(tx, 'Judging'));
  const kl = await estimateKl(context, heldOut, mine, sft);
  await context.write(async (tx) => {
    await storeEvaluation(tx, round, project, sft, comparisons, kl);
    await applyRoundEvent(tx, round.id, 'finish');
    await context.finish(tx);
  });
};

async function loadParts(
  context: JobContext,
  round: Round,
): Promise<{ project: Project; policy: Policy; sft: Policy; conditions: ConditionName[] }> {
  const [project] = await context.db.select().from(projects).where(eq(projects.id, round.projectId));
  if (!project?.sftPolicyId || !round.policyId) {
    throw new AppError('NOT_FOUND', `Round ${round.number} has no trained policy or no SFT policy to compare it with.`);
  }
  const [dataset] = await context.db
    .select({ conditions: datasetVersions.conditions })
    .from(datasetVersions)
    .where(eq(datasetVersions.id, round.datasetVersionId));
  return {
    project,
    conditions: dataset?.conditions ?? [],
    policy: await getPolicy(context.db, round.policyId),
    sft: await getPolicy(context.db, project.sftPolicyId),
  };
}

async function findHeldOut(
  context: JobContext,
  projectId: string,
  conditions: readonly ConditionName[],
): Promise<HeldOutPrompt[]> {
  const rows = await context.db
    .select({
      id: prompts.id,
      messages: prompts.messages,
      persona: prompts.persona,
      tags: prompts.tags,
      contentHash: prompts.contentHash,
    })
    .from(prompts)
    .where(and(eq(prompts.projectId, projectId), eq(prompts.split, 'heldout')))
    .orderBy(asc(prompts.createdAt), asc(prompts.id));
  return rows.map(({ id, contentHash, messages, ...stated }) => ({
    id,
    contentHash,
    messages: conditioned(messages, stated, conditions),
  }));
}

/** A policy answers the held-out prompts once per config and conditions: a later round, or a second attempt, uses the same answers. */
async function findOrCreateSampling(
  context: JobContext,
  project: Project,
  policy: Policy,
  conditions: ConditionName[],
  roundId: string | null,
): Promise<Sampling> {
  return context.write(async (tx) => {
    const known = await tx
      .select()
      .from(samplings)
      .where(
        and(
          eq(samplings.policyId, policy.id),
          eq(samplings.purpose, 'evaluation'),
          eq(samplings.n, samplesPerPrompt),
          eq(samplings.seed, evaluationSeed),
          eq(samplings.config, project.sampling),
          eq(samplings.conditions, conditions),
        ),
      )
      .orderBy(asc(samplings.createdAt))
      .limit(1);
    if (known[0]) return known[0];
    const [created] = await tx
      .insert(samplings)
      .values({
        projectId: project.id,
        policyId: policy.id,
        purpose: 'evaluation',
        n: samplesPerPrompt,
        config: project.sampling,
        conditions,
        seed: evaluationSeed,
        roundId,
      })
      .returning();
    if (!created) throw new Error('insert into samplings returned no row');
    return created;
  });
}

async function loadAnswers(context: JobContext, samplingId: string, promptIds: string[]): Promise<Answer[]> {
  return context.db
    .select({
      id: responses.id,
      promptId: responses.promptId,
      ordinal: responses.ordinal,
      text: responses.text,
      tokenIds: responses.tokenIds,
      logp: responses.logp,
    })
    .from(responses)
    .where(and(eq(responses.samplingId, samplingId), inArray(responses.promptId, promptIds)));
}

type Match = Pick<Comparison, 'prompt' | 'mine' | 'theirs'>;

function pairUp(heldOut: HeldOutPrompt[], mine: Answer[], theirs: Answer[]): Match[] {
  const keyOf = (answer: Answer) => `${answer.promptId} ${answer.ordinal}`;
  const opponents = new Map(theirs.map((answer) => [keyOf(answer), answer]));
  const byPrompt = groupBy(mine, (answer) => answer.promptId);
  return heldOut.flatMap((prompt) =>
    (byPrompt.get(prompt.id) ?? []).flatMap((answer) => {
      const opponent = opponents.get(keyOf(answer));
      return opponent ? [{ prompt, mine: answer, theirs: opponent }] : [];
    }),
  );
}

/** A language model is asked in both orders and ties where it contradicts itself; an answer without verdict ties too. */
async function compare(
  context: JobContext,
  round: Round,
  matches: Match[],
  advance: (tx: Transaction) => Promise<void>,
): Promise<Comparison[]> {
  const [row] = await context.db.select().from(judges).where(eq(judges.id, round.judgeId));
  if (!row) throw new AppError('NOT_FOUND', "The round's judge does not exist any more.");
  const ask: Judge = await openJudgeOf(row, context, 'pairwise');
  const comparisons: Comparison[] = [];
  await inParallel(matches, judgeConcurrency[row.kind], async (match) => {
    const request = { prompt: match.prompt.messages, responses: [match.mine.text, match.theirs.text] };
    const seed = mixSeed(evaluationSeed, match.prompt.contentHash, match.mine.ordinal);
    const { tiers, verdict } = await ask(request, { seed, signal: context.signal });
    comparisons.push({ ...match, outcome: tiers ? outcomeOf(tiers, 0, 1) : 'tie', verdict });
    if (match.mine.ordinal === 0) await context.write(advance);
  });
  return comparisons;
}

/**
 * KL(policy || SFT) in nats per response: the mean over the policy's own answers of how much likelier it finds them
 * than SFT does. Unbiased at temperature 1 without filters; elsewhere an indication.
 */
async function estimateKl(
  context: JobContext,
  heldOut: HeldOutPrompt[],
  mine: Answer[],
  sft: Policy,
): Promise<number | null> {
  const byPrompt = groupBy(mine, (answer) => answer.promptId);
  const scored = heldOut.flatMap((prompt) => {
    const [first, second] = (byPrompt.get(prompt.id) ?? []).flatMap(({ tokenIds, logp }) =>
      tokenIds && logp !== null ? [{ tokenIds, logp }] : [],
    );
    return first && second ? [{ prompt, first, second }] : [];
  });
  if (scored.length === 0) return null;
  const scores = await context.engine.score(
    await modelOf(context, sft),
    scored.map(({ prompt, first, second }) => ({
      prompt: prompt.messages,
      chosen: { tokenIds: first.tokenIds },
      rejected: { tokenIds: second.tokenIds },
    })),
    context.signal,
  );
  const gaps = scored.flatMap(({ first, second }, index) => {
    const score = scores[index];
    return score ? [first.logp - score.logpsChosen, second.logp - score.logpsRejected] : [];
  });
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}

/** Postgres takes 65,535 parameters a statement, and an item needs seven. */
const itemsPerInsert = 5_000;

async function storeEvaluation(
  tx: Transaction,
  round: Round,
  project: Project,
  sft: Policy,
  comparisons: Comparison[],
  kl: number | null,
): Promise<void> {
  const { winRate, lower, upper, wins, ties, losses, lengthRatio, distinct2 } = summariseComparison(
    comparisons.map(({ prompt, mine, theirs, outcome }) => ({
      promptKey: prompt.id,
      mine: mine.text,
      theirs: theirs.text,
      outcome,
    })),
  );
  const [evaluation] = await tx
    .insert(evaluations)
    .values({
      roundId: round.id,
      judgeId: round.judgeId,
      policyId: round.policyId ?? sft.id,
      opponentPolicyId: sft.id,
      wins,
      ties,
      losses,
      winRate,
      lower,
      upper,
      lengthRatio: lengthRatio ?? 1,
      distinct2,
      malformedRate: project.kind === 'demo' ? malformedRate(comparisons) : null,
      kl,
    })
    .returning({ id: evaluations.id });
  if (!evaluation) throw new Error('insert into evaluations returned no row');
  const items = comparisons.map(({ prompt, mine: answer, theirs: opponent, outcome, verdict }) => ({
    evaluationId: evaluation.id,
    promptId: prompt.id,
    ordinal: answer.ordinal,
    policyResponseId: answer.id,
    opponentResponseId: opponent.id,
    outcome,
    verdict,
  }));
  for (let start = 0; start < items.length; start += itemsPerInsert) {
    await tx.insert(evaluationItems).values(items.slice(start, start + itemsPerInsert));
  }
}

/** Map.groupBy, which Node has from 21 on. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function malformedRate(comparisons: Comparison[]): number {
  const malformed = comparisons.filter(({ prompt, mine }) => {
    const question = prompt.messages.findLast(({ role }) => role === 'user')?.content ?? '';
    return scoreReply(question, mine.text).malformed;
  });
  return malformed.length / comparisons.length;
}
