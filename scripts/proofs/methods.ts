// Every way of training against SFT, on the demo: from the same sampled and judged responses for the losses of pairs, and
// from its own for the on-policy ones. The oracle's win rate on held-out prompts must lie above one half with its whole
// interval, at every seed; and weights per criterion must move what the policy is good at.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerHeldOut, compareHeldOut, type HeldOut, sampleAll } from '../../cli/held-out.ts';
import { oracleRule, type ReplyScore, scoreReply } from '../../demo/oracle.ts';
import { heldOutPrompts, trainPrompts } from '../../demo/prompts.ts';
import { demoRecipe } from '../../demo/recipe.ts';
import { tiersFromScores } from '../../domain/judging.ts';
import { pairsFromTiers } from '../../domain/pairs.ts';
import { mixSeed } from '../../domain/random.ts';
import { samplingConfigSchema, trainConfigSchema } from '../../engine/config.ts';
import { onlineConfigSchemas } from '../../engine/online-config.ts';
import type { Prompt, SampledResponse, TrainingPair } from '../../engine/ports.ts';
import { trainOnline } from '../../engine/training/online.ts';
import { train } from '../../engine/training/trainer.ts';
import { lastQuestion, oracleJudge } from '../../worker/judges/oracle.ts';
import type { Figures } from './figures.ts';

const seeds = [1, 2, 3];
const model = fileURLToPath(new URL('../../demo/model', import.meta.url));
const sampling = samplingConfigSchema.parse(demoRecipe.sampling);
const device = 'cpu';

/** The settings of each loss beside the demo's recipe. */
const losses = {
  sigmoid: {},
  kto: { loss_type: 'kto' },
  orpo: { loss_type: 'orpo' },
  simpo: { loss_type: 'simpo' },
  ipo: { loss_type: 'ipo' },
  sigmoid_norm: { loss_type: 'sigmoid_norm' },
} as const;

/** What the oracle's score is made of: what a reply says, and how it says it. */
const criteria = {
  content: ({ topicRight, itemRight, nounRight, malformedSentences }: ReplyScore) =>
    oracleRule.topic * Number(topicRight) +
    oracleRule.item * (itemRight ? 1 : nounRight ? oracleRule.nounAlone : 0) +
    oracleRule.malformed * malformedSentences,
  manners: ({ greeting, closing, rude }: ReplyScore) =>
    oracleRule.greeting * Number(greeting) + oracleRule.closing * Number(closing) + oracleRule.rude * rude,
} as const;
type Criterion = keyof typeof criteria;
const criterionNames = Object.keys(criteria) as Criterion[];
/** Of content; the rest is of manners. */
const shares = [1, 0.75, 0.5, 0.25, 0];

const onPolicy = {
  grpo: {
    max_steps: 80,
    learning_rate: 1e-3,
    beta: 0.04,
    num_generations: 8,
    per_device_train_batch_size: 32,
  },
  online_dpo: {
    max_steps: 120,
    learning_rate: 5e-4,
    beta: 0.5,
    num_generations: 4,
    per_device_train_batch_size: 8,
  },
} as const;

interface Outcome {
  win_rate: number;
  lower: number;
  upper: number;
  length_ratio: number | null;
  kl: number;
  /** Means of the criteria over the held-out answers. */
  content: number;
  manners: number;
}

export async function proveMethods(): Promise<Figures> {
  const runs: { seed: number; sft: Record<Criterion, number>; outcomes: Record<string, Outcome> }[] = [];
  for (const seed of seeds) runs.push(await runSeed(seed));
  const methods = Object.keys(runs[0]?.outcomes ?? {});
  const table = Object.fromEntries(
    methods.map((method) => {
      const outcomes = runs.map((run) => run.outcomes[method] as Outcome);
      const lowestLower = Math.min(...outcomes.map(({ lower }) => lower));
      return [
        method,
        {
          mean_win_rate: mean(outcomes.map(({ win_rate }) => win_rate)),
          lowest_lower_end: lowestLower,
          holds: lowestLower > 0.5,
          mean_content: mean(outcomes.map(({ content }) => content)),
          mean_manners: mean(outcomes.map(({ manners }) => manners)),
        },
      ];
    }),
  );
  return { settings: { losses, on_policy: onPolicy, recipe: demoRecipe }, seeds, table, runs };
}

async function runSeed(seed: number) {
  const signal = new AbortController().signal;
  const prompts = trainPrompts(mixSeed(seed, 'prompts'), demoRecipe.promptsPerRound).map(toPrompt);
  const heldOut: HeldOut = {
    model,
    prompts: heldOutPrompts(mixSeed(seed, 'held-out'), demoRecipe.heldOut).map(toPrompt),
    responses: demoRecipe.evaluationResponses,
    sampling,
    seed,
    concurrency: 1,
    device,
    signal,
  };
  const sft = await answerHeldOut(heldOut, null);
  const sampled = await sampleAll(heldOut, null, prompts, demoRecipe.responses, mixSeed(seed, 'round'));
  const folder = mkdtempSync(join(tmpdir(), 'rankloop-methods-'));
  const outcomes: Record<string, Outcome> = {};

  async function measure(method: string, trainIt: (out: string) => Promise<unknown>): Promise<void> {
    const out = join(folder, method.replaceAll(' ', '-'));
    await trainIt(out);
    const answers = await answerHeldOut(heldOut, out);
    const { win_rate, lower, upper, length_ratio, kl } = await compareHeldOut(heldOut, oracleJudge, answers, sft);
    outcomes[method] = { win_rate, lower, upper, length_ratio, kl, ...meansOf(heldOut.prompts, answers) };
    console.error(`seed ${seed}, ${method}: ${win_rate.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`);
  }
  const trainOnPairs = (pairs: TrainingPair[], settings: object) => (out: string) => {
    const config = trainConfigSchema.parse({ ...demoRecipe.training, ...settings, seed: mixSeed(seed, 'train') });
    return train({ model, adapter: null, reference: 'base', pairs, config, out, device }, () => {}, signal);
  };

  const pairs = pairsBy(prompts, sampled, seed, ({ score }) => score);
  for (const [name, settings] of Object.entries(losses)) await measure(name, trainOnPairs(pairs, settings));

  const byCriterion = criterionNames.flatMap((criterion) =>
    pairsBy(prompts, sampled, seed, criteria[criterion]).map((pair) => ({ ...pair, criterion })),
  );
  for (const share of shares) {
    const weights = { criterion_weights: { content: share, manners: 1 - share } };
    await measure(`content ${share}, manners ${1 - share}`, trainOnPairs(byCriterion, weights));
  }

  const score = async (requests: readonly { prompt: Prompt; responses: readonly string[] }[]) =>
    requests.map(({ prompt, responses }) => responses.map((text) => scoreReply(lastQuestion(prompt), text).score));
  const common = { model, adapter: null, reference: 'base', prompts, score, judge: 'oracle', device } as const;
  const shared = {
    lora: demoRecipe.training.lora,
    max_completion_length: sampling.max_new_tokens,
    seed: mixSeed(seed, 'train'),
  };
  await measure('grpo', (out) => {
    const config = onlineConfigSchemas.grpo.parse({ ...shared, ...onPolicy.grpo });
    return trainOnline({ ...common, method: 'grpo', config, out }, () => {}, signal);
  });
  await measure('online_dpo', (out) => {
    const config = onlineConfigSchemas.online_dpo.parse({ ...shared, ...onPolicy.online_dpo });
    return trainOnline({ ...common, method: 'online_dpo', config, out }, () => {}, signal);
  });
  rmSync(folder, { recursive: true });
  return { seed, sft: meansOf(heldOut.prompts, sft), outcomes };
}

/** The best of each prompt's responses against the worst. */
function pairsBy(
  prompts: readonly Prompt[],
  sampled: readonly SampledResponse[][],
  seed: number,
  value: (score: ReplyScore) => number,
): TrainingPair[] {
  return prompts.flatMap((prompt, i) => {
    const responses = sampled[i] ?? [];
    const scores = responses.map(({ text }) => value(scoreReply(lastQuestion(prompt), text)));
    const isSame = (one: number, other: number) => responses[one]?.text === responses[other]?.text;
    const completion = (index: number) => ({ tokenIds: responses[index]?.tokenIds ?? [] });
    return pairsFromTiers('best-worst', tiersFromScores(scores), { seed: mixSeed(seed, i), isSame }).map(
      ({ chosen, rejected }) => ({ prompt, chosen: completion(chosen), rejected: completion(rejected) }),
    );
  });
}

function meansOf(prompts: readonly Prompt[], answers: readonly SampledResponse[][]): Record<Criterion, number> {
  const scores = prompts.flatMap((prompt, i) =>
    (answers[i] ?? []).map(({ text }) => scoreReply(lastQuestion(prompt), text)),
  );
  return { content: mean(scores.map(criteria.content)), manners: mean(scores.map(criteria.manners)) };
}

const toPrompt = ({ text }: { text: string }): Prompt => [{ role: 'user', content: text }];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
