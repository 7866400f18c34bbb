// A policy against the one that training began with, on held-out prompts: both answer with the same draws, a judge compares.
import { scoreReply } from '../demo/oracle.ts';
import { type JudgedMatch, summariseComparison } from '../domain/evaluation.ts';
import type { Judge } from '../domain/judging.ts';
import { mixSeed } from '../domain/random.ts';
import { outcomeOf } from '../domain/winrate.ts';
import type { SamplingConfig } from '../engine/config.ts';
import type { Prompt, SampledResponse } from '../engine/ports.ts';
import { openSampler } from '../engine/sampling/sampler.ts';
import { scorePairs } from '../engine/training/score.ts';
import { judgeAll } from '../worker/judges/judge-all.ts';
import { lastQuestion } from '../worker/judges/oracle.ts';

export interface HeldOut {
  model: string;
  prompts: readonly Prompt[];
  /** Responses to each prompt. */
  responses: number;
  sampling: SamplingConfig;
  seed: number;
  concurrency: number;
  device: string;
  signal: AbortSignal;
}

export interface HeldOutReport {
  win_rate: number;
  lower: number;
  upper: number;
  wins: number;
  ties: number;
  losses: number;
  length_ratio: number | null;
  distinct_2: number;
  sft_distinct_2: number;
  kl: number;
}

export interface DemoMeasures {
  topic_right: number;
  item_right: number;
  malformed: number;
  score: number;
}

/** Answers by a policy; a null adapter is the bare model. */
export function answerHeldOut(setting: HeldOut, adapter: string | null): Promise<SampledResponse[][]> {
  const { prompts, responses } = setting;
  return sampleAll(setting, adapter, prompts, responses, evaluationSeed(setting.seed));
}

/** How the answers of a policy fare against those of the one before it. */
export async function compareHeldOut(
  setting: HeldOut,
  judge: Judge,
  responses: SampledResponse[][],
  before: readonly SampledResponse[][],
): Promise<HeldOutReport> {
  const comparison = summariseComparison(await judgeMatches(setting, judge, responses, before));
  return {
    win_rate: comparison.winRate,
    lower: comparison.lower,
    upper: comparison.upper,
    wins: comparison.wins,
    ties: comparison.ties,
    losses: comparison.losses,
    length_ratio: comparison.lengthRatio,
    distinct_2: comparison.distinct2,
    sft_distinct_2: comparison.opponentDistinct2,
    kl: await divergence(setting, responses),
  };
}

/** Each sample of the policy against its opponent's of the same place. A sample without a readable verdict is left out. */
async function judgeMatches(
  { prompts, seed, concurrency, signal }: HeldOut,
  judge: Judge,
  responses: readonly SampledResponse[][],
  before: readonly SampledResponse[][],
): Promise<JudgedMatch[]> {
  const matches = prompts.flatMap((prompt, i) =>
    (responses[i] ?? []).flatMap((response, j) => {
      const opponent = before[i]?.[j];
      return opponent ? [{ promptKey: String(i), prompt, mine: response.text, theirs: opponent.text }] : [];
    }),
  );
  const requests = new Map(
    matches.map(({ prompt, mine, theirs }, key) => [key, { prompt, responses: [mine, theirs] }]),
  );
  const verdicts = await judgeAll(judge, requests, { seed: evaluationSeed(seed), concurrency, signal });
  return matches.flatMap((match, key) => {
    const tiers = verdicts.get(key)?.tiers;
    return tiers ? [{ ...match, outcome: outcomeOf(tiers, 0, 1) }] : [];
  });
}

/** How often replies name the right topic and item, and how often they are not the demo's language at all. */
export function measureDemo(prompts: readonly Prompt[], responses: readonly SampledResponse[][]): DemoMeasures {
  const scores = prompts.flatMap((prompt, i) => {
    const question = lastQuestion(prompt);
    return (responses[i] ?? []).map(({ text }) => scoreReply(question, text));
  });
  const mean = (value: (score: ReturnType<typeof scoreReply>) => number) =>
    scores.reduce((sum, score) => sum + value(score), 0) / scores.length;
  return {
    topic_right: mean(({ topicRight }) => Number(topicRight)),
    item_right: mean(({ itemRight }) => Number(itemRight)),
    malformed: mean(({ malformed }) => Number(malformed)),
    score: mean(({ score }) => score),
  };
}

/** KL(policy || bare model) in nats per response: the mean of log pi - log ref over the policy's own samples. */
async function divergence(
  { model, prompts, device, signal }: HeldOut,
  responses: readonly SampledResponse[][],
): Promise<number> {
  const samples = prompts.flatMap((prompt, i) => (responses[i] ?? []).map((response) => ({ prompt, response })));
  const pairs = samples.map(({ prompt, response }) => {
    const completion = { tokenIds: response.tokenIds };
    return { prompt, chosen: completion, rejected: completion };
  });
  const scores = await scorePairs({ model, pairs, device }, signal);
  const sum = samples.reduce((total, { response }, i) => total + response.logp - (scores[i]?.logpsChosen ?? 0), 0);
  return sum / samples.length;
}

/** The same draws for every policy that is compared. */
const evaluationSeed = (seed: number) => mixSeed(seed, 'evaluation');

/** `n` responses to each prompt. */
export async function sampleAll(
  { model, sampling, device, signal }: Pick<HeldOut, 'model' | 'sampling' | 'device' | 'signal'>,
  adapter: string | null,
  prompts: readonly Prompt[],
  n: number,
  seed: number,
): Promise<SampledResponse[][]> {
  const sampler = await openSampler({ model, adapter, device });
  const responses: SampledResponse[][] = prompts.map(() => []);
  try {
    const requests = prompts.map((prompt, i) => ({ id: String(i), prompt, n, seed: mixSeed(seed, i) }));
    for await (const chunk of sampler.sample(requests, sampling, signal)) {
      if (chunk.type === 'response') (responses[Number(chunk.id)] ?? [])[chunk.index] = chunk.response;
    }
  } finally {
    await sampler.close();
  }
  return responses;
}
