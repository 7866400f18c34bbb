// `rankloop online`: on-policy training. Sampling with the policy as it stands, judging and steps take turns in one process.
import { type Command, Option } from 'commander';
import { type Judge, scoresOf } from '../domain/judging.ts';
import { samplingConfigSchema } from '../engine/config.ts';
import { type OnlineMethod, onlineConfigSchemas, onlineMethods } from '../engine/online-config.ts';
import type { Prompt } from '../engine/ports.ts';
import type { OnlineJob, ScoreResponses } from '../engine/training/online.ts';
import { type JudgeKind, judgeKinds } from '../worker/judges/index.ts';
import { judgeAll } from '../worker/judges/judge-all.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, log, runCommand, seedOption } from './io.ts';
import { addJudgeOptions, type JudgeOptions, openJudgeFromOptions } from './judge-options.ts';
import { addRunOptions, type RunOptions } from './options.ts';
import { readPrompts, readPromptsHeldOut } from './prompt-files.ts';
import { findResumePoint, requireSameLora, toReference } from './run-start.ts';
import { describeLeft, startTraining } from './training-progress.ts';

interface Options extends Omit<JudgeOptions, 'device'>, RunOptions {
  method: OnlineMethod;
  model: string;
  adapter?: string;
  reference?: string;
  prompts: string;
  evalPrompts?: string;
  evalJudge?: JudgeKind;
  config?: string;
}

export function registerOnline(program: Command): void {
  const command = program
    .command('online')
    .description('train on-policy: sampling, judging and training take turns; a PEFT adapter and metrics.jsonl')
    .addOption(
      new Option('--method <method>', 'grpo: every response by its advantage; online_dpo: the best against the worst')
        .choices(onlineMethods)
        .default('grpo'),
    )
    .requiredOption('--model <dir>', "the base checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'the PEFT adapter to go on from; without it a fresh one')
    .option('--reference <what>', 'base, initial (the adapter it starts from) or an adapter folder (default: initial)')
    .requiredOption('--prompts <file>', 'JSONL of prompts to train on')
    .option('--eval-prompts <file>', 'JSONL of held-out prompts: the win rate over the policy that it starts from')
    .addOption(new Option('--eval-judge <kind>', 'who compares the two (default: the judge)').choices(judgeKinds))
    .option('--config <file>', "JSON of settings by their TRL and PEFT names (those of the method's trainer)")
    .option('--seed <n>', 'decides shown orders and the draws of the evaluation', seedOption, 1);
  addRunOptions(addJudgeOptions(command), 'folder for the adapter').action((options: Options) =>
    runCommand(options.json, (signal) => trainPolicy(options, signal)),
  );
}

async function trainPolicy(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  const settings = await settingsOf(options);
  const prompts = await readPrompts(options.prompts);
  const heldOut = options.evalPrompts ? await readPromptsHeldOut(options.evalPrompts, options.prompts, prompts) : [];
  const resumeFrom = await findResumePoint(options);
  const { judge, close } = await openJudgeFromOptions(options);
  const progress = startTraining();
  try {
    const { trainOnline } = await import('../engine/training/online.ts');
    const job = {
      ...settings,
      model: options.model,
      adapter: options.adapter ?? null,
      reference: toReference(options.reference),
      prompts,
      score: scoreWith(judge, options.concurrency),
      judge: [options.judge, options.judgeModel ?? []].flat().join(' '),
      out: options.out,
      device: options.device,
      ...(resumeFrom ? { resumeFrom } : {}),
    } satisfies OnlineJob;
    const result = await trainOnline(job, progress.onMetrics, signal, progress.onPlan);
    progress.stop();
    const evaluation = heldOut.length > 0 ? await evaluate(options, job, heldOut, judge, signal) : null;
    const { steps, responses, unjudged, dropped, seconds } = result;
    const silence = unjudged > 0 ? `, ${unjudged} without a verdict` : '';
    const told = evaluation ? `, win rate over the start ${inPercent(evaluation)}` : '';
    return {
      result: {
        out: options.out,
        method: options.method,
        reference: result.reference,
        steps,
        skipped_steps: result.skippedSteps,
        plan: result.plan,
        prompts: result.prompts,
        samplings: result.samplings,
        responses,
        unjudged,
        dropped,
        seconds,
        metrics: progress.last(),
        warnings: result.warnings,
        evaluation,
      },
      summary: `Trained ${steps} steps on ${counted(responses, 'response')}${silence}${describeLeft({ dropped, truncated: {} })} in ${seconds.toFixed(1)} s${told}: ${options.out}`,
    };
  } finally {
    progress.stop();
    await close();
  }
}

/** The method with its settings: one of the kinds of job. */
async function settingsOf({ method, config }: Options): Promise<Pick<OnlineJob, 'method' | 'config'> & OnlineJobKind> {
  const readers: { [M in OnlineMethod]: () => Promise<Extract<OnlineJobKind, { method: M }>> } = {
    grpo: async () => ({ method: 'grpo', config: await readConfigFile(onlineConfigSchemas.grpo, config) }),
    online_dpo: async () => ({
      method: 'online_dpo',
      config: await readConfigFile(onlineConfigSchemas.online_dpo, config),
    }),
  };
  return readers[method]();
}

type OnlineJobKind = OnlineJob extends infer J ? (J extends OnlineJob ? Pick<J, 'method' | 'config'> : never) : never;

/** Scores by a judge: its own numbers, or the places that it ranks responses to. */
function scoreWith(judge: Judge, concurrency: number): ScoreResponses {
  return async (requests, signal) => {
    const seed = requests[0]?.seed ?? 0;
    const asked = new Map(requests.map(({ prompt, responses }, i) => [i, { prompt, responses }]));
    const verdicts = await judgeAll(judge, asked, { seed, concurrency, signal });
    return requests.map((_, i) => {
      const verdict = verdicts.get(i);
      return verdict ? scoresOf(verdict) : null;
    });
  };
}

async function evaluate(options: Options, job: OnlineJob, prompts: Prompt[], trainJudge: Judge, signal: AbortSignal) {
  const { answerHeldOut, compareHeldOut } = await import('./held-out.ts');
  const { model, device, seed, concurrency } = options;
  const { temperature, top_p, top_k, min_p, stop, max_completion_length: max_new_tokens } = job.config;
  const sampling = samplingConfigSchema.parse({ temperature, top_p, top_k, min_p, stop, max_new_tokens });
  const setting = { model, prompts, responses: 4, sampling, seed, concurrency, device, signal };
  const isOther = options.evalJudge !== undefined && options.evalJudge !== options.judge;
  const other = isOther ? await openJudgeFromOptions({ ...options, judge: options.evalJudge as JudgeKind }) : null;
  try {
    log(`answering ${prompts.length} held-out prompts before and after`);
    const before = await answerHeldOut(setting, job.adapter);
    const after = await answerHeldOut(setting, options.out);
    return await compareHeldOut(setting, other?.judge ?? trainJudge, after, before);
  } finally {
    await other?.close();
  }
}

const inPercent = ({ win_rate, lower, upper }: { win_rate: number; lower: number; upper: number }) =>
  `${(100 * win_rate).toFixed(1)} % [${(100 * lower).toFixed(1)}, ${(100 * upper).toFixed(1)}]`;
