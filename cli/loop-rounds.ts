// Whole rounds on the command line. Each samples with the newest policy, lets a judge rank, trains DPO from the last
// adapter against it, and measures the new policy against SFT on held-out prompts.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heldOutPrompts, trainPrompts } from '../demo/prompts.ts';
import { demoRecipe } from '../demo/recipe.ts';
import { AppError } from '../domain/errors.ts';
import { toSampledRow, toTrainingPair } from '../domain/formats.ts';
import type { Judge, Verdict } from '../domain/judging.ts';
import { mixSeed } from '../domain/random.ts';
import { type SamplingConfig, samplingConfigSchema, type TrainConfig, trainConfigSchema } from '../engine/config.ts';
import type { Prompt, TrainMetrics } from '../engine/ports.ts';
import { train } from '../engine/training/trainer.ts';
import { judgeAll } from '../worker/judges/judge-all.ts';
import { readConfigFile } from './config-file.ts';
import {
  answerHeldOut,
  compareHeldOut,
  type DemoMeasures,
  type HeldOut,
  type HeldOutReport,
  measureDemo,
  sampleAll,
} from './held-out.ts';
import { type CommandOutcome, log, toJsonLines, writeWhole } from './io.ts';
import { openJudgeFromOptions } from './judge-options.ts';
import type { LoopOptions } from './loop-options.ts';
import { pairsOf } from './pairs.ts';
import { readPrompts, readPromptsHeldOut } from './prompt-files.ts';

interface Setting {
  model: string;
  /** Fresh prompts of each round. */
  promptsOf(round: number): Prompt[];
  heldOut: Prompt[];
  sampling: SamplingConfig;
  responses: number;
  evaluationResponses: number;
  config: TrainConfig;
}

interface RoundReport extends HeldOutReport {
  round: number;
  /** Of the last logged step of training. */
  accuracy: number;
  margin: number;
  pairs: number;
  /** The demo's own measures of the policy and of SFT. */
  demo?: { policy: DemoMeasures; sft: DemoMeasures };
  seconds: number;
}

export async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<CommandOutcome> {
  const setting = options.demo ? await demoSetting(options) : await ownSetting(options);
  const training = await openJudgeFromOptions(options);
  const evaluation =
    options.evalJudge === options.judge
      ? training
      : await openJudgeFromOptions({ ...options, judge: options.evalJudge });
  try {
    await mkdir(options.out, { recursive: true });
    const context = { options, setting, signal };
    log(`sampling SFT on ${setting.heldOut.length} held-out prompts`);
    const heldOut = heldOutOf(context);
    const sft = await answerHeldOut(heldOut, null);
    const rounds: RoundReport[] = [];
    let adapter: string | null = null;
    for (let round = 1; round <= options.rounds; round++) {
      const started = performance.now();
      const trained = await trainRound(context, training.judge, round, adapter);
      adapter = trained.adapter;
      const responses = await answerHeldOut(heldOut, adapter);
      const report = await compareHeldOut(heldOut, evaluation.judge, responses, sft);
      const measure = (answers: typeof sft) => measureDemo(heldOut.prompts, answers);
      const demo = options.demo ? { demo: { policy: measure(responses), sft: measure(sft) } } : {};
      const seconds = Math.round(performance.now() - started) / 1000;
      rounds.push({ round, ...report, ...demo, ...trained.report, seconds });
      log(describeRound(rounds.at(-1) as RoundReport));
    }
    return { result: { rounds }, summary: `${rounds.length} rounds in ${options.out}` };
  } finally {
    await training.close();
    if (evaluation !== training) await evaluation.close();
  }
}

interface Context {
  options: LoopOptions;
  setting: Setting;
  signal: AbortSignal;
}

async function trainRound({ options, setting, signal }: Context, judge: Judge, round: number, adapter: string | null) {
  const folder = join(options.out, `round-${round}`);
  await mkdir(folder, { recursive: true });
  const prompts = setting.promptsOf(round);
  const seed = mixSeed(options.seed, 'round', round);
  const where = { model: setting.model, sampling: setting.sampling, device: options.device, signal };
  const responses = await sampleAll(where, adapter, prompts, setting.responses, seed);
  const requests = new Map(
    prompts.map((prompt, i) => [i, { prompt, responses: (responses[i] ?? []).map(({ text }) => text) }]),
  );
  const verdicts = new Map<number, Verdict>();
  await judgeAll(judge, requests, {
    seed,
    concurrency: options.concurrency,
    signal,
    onVerdict: (i, verdict) => void verdicts.set(i, verdict),
  });
  const pairs = prompts.flatMap((prompt, i) => {
    const tiers = verdicts.get(i)?.tiers;
    const rows = (responses[i] ?? []).map(toSampledRow);
    return tiers ? pairsOf({ prompt, responses: rows, tiers }, tiers, options.policy, mixSeed(seed, i)) : [];
  });
  await writeWhole(join(folder, 'pairs.jsonl'), toJsonLines(pairs));
  let last: Record<string, number> = {};
  const onMetrics = ({ step, maxSteps, values }: TrainMetrics) => {
    last = values;
    if (step === maxSteps || step % 25 === 0)
      log(`round ${round}: step ${step} of ${maxSteps}, loss ${values.loss?.toFixed(3)}`);
  };
  const trained = await train(
    {
      model: setting.model,
      adapter,
      reference: adapter ? 'initial' : 'base',
      pairs: pairs.map((pair) => toTrainingPair(pair)),
      config: { ...setting.config, seed: mixSeed(options.seed, 'train', round) },
      out: join(folder, 'adapter'),
      device: options.device,
    },
    onMetrics,
    signal,
  );
  const report = {
    accuracy: last['rewards/accuracies'] ?? Number.NaN,
    margin: last['rewards/margins'] ?? Number.NaN,
    pairs: trained.trainedPairs,
  };
  return { adapter: trained.adapter, report };
}

const heldOutOf = ({ options, setting, signal }: Context): HeldOut => ({
  model: setting.model,
  prompts: setting.heldOut,
  responses: setting.evaluationResponses,
  sampling: setting.sampling,
  seed: options.seed,
  concurrency: options.concurrency,
  device: options.device,
  signal,
});

async function demoSetting(options: LoopOptions): Promise<Setting> {
  const perRound = options.promptsPerRound ?? demoRecipe.promptsPerRound;
  const all = trainPrompts(mixSeed(options.seed, 'prompts'), perRound * options.rounds);
  const toMessages = ({ text }: { text: string }): Prompt => [{ role: 'user', content: text }];
  return {
    model: fileURLToPath(new URL('../demo/model', import.meta.url)),
    promptsOf: (round) => all.slice((round - 1) * perRound, round * perRound).map(toMessages),
    heldOut: heldOutPrompts(mixSeed(options.seed, 'held-out'), options.heldOut ?? demoRecipe.heldOut).map(toMessages),
    sampling: samplingConfigSchema.parse(demoRecipe.sampling),
    responses: demoRecipe.responses,
    evaluationResponses: demoRecipe.evaluationResponses,
    config: options.config ? await readAdapterConfig(options.config) : trainConfigSchema.parse(demoRecipe.training),
  };
}

async function ownSetting(options: LoopOptions): Promise<Setting> {
  const { model, prompts, evalPrompts } = options;
  if (!model || !prompts || !evalPrompts) {
    throw new AppError('INVALID_INPUT', 'Give --demo, or all of --model, --prompts and --eval-prompts.');
  }
  const training = await readPrompts(prompts);
  const heldOut = await readPromptsHeldOut(evalPrompts, prompts, training);
  const perRound = options.promptsPerRound ?? Math.floor(training.length / options.rounds);
  if (perRound < 1 || perRound * options.rounds > training.length) {
    throw new AppError(
      'DATA_INVALID',
      `${prompts} has ${training.length} prompts, too few for ${options.rounds} rounds of ${Math.max(1, perRound)} fresh ones.`,
    );
  }
  return {
    model,
    promptsOf: (round) => training.slice((round - 1) * perRound, round * perRound),
    heldOut,
    sampling: samplingConfigSchema.parse({}),
    responses: 4,
    evaluationResponses: 2,
    config: await readAdapterConfig(options.config),
  };
}

/** A loop goes on from round to round by adapters. */
async function readAdapterConfig(file: string | undefined): Promise<TrainConfig> {
  const config = await readConfigFile(trainConfigSchema, file);
  if (!config.lora) throw new AppError('CONFIG_INVALID', `${file}: a loop trains adapters: lora must not be null.`);
  return config;
}

function describeRound(report: RoundReport): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return (
    `round ${report.round}: win rate over SFT ${percent(report.win_rate)} [${percent(report.lower)}, ${percent(report.upper)}], ` +
    `length ratio ${report.length_ratio?.toFixed(2)}, KL ${report.kl.toFixed(2)}, ${report.pairs} pairs, ${report.seconds.toFixed(0)} s`
  );
}
