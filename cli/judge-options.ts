// The options that name a judge, for every command that has one.
import { type Command, Option } from 'commander';
import { AppError } from '../domain/errors.ts';
import { type Judge, type JudgeMode, judgeModes } from '../domain/judging.ts';
import { type JudgeKind, judgeKinds, openJudge } from '../worker/judges/index.ts';
import { seedOption, wholeNumber } from './io.ts';

export interface JudgeOptions {
  judge: JudgeKind;
  judgeModel?: string;
  judgeBase?: string;
  baseUrl?: string;
  mode: JudgeMode;
  seed: number;
  concurrency: number;
  device?: string;
}

export const openAiBaseUrl = 'https://api.openai.com/v1';

/** Adds what `openJudgeFromOptions` reads, but for --seed and --device, which a command may have for itself. */
export function addJudgeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--judge <kind>',
        'who ranks: oracle (the rule of the demo), random (chance), local (a model in a folder), reward (a reward model), openai (any server that speaks its API; key in RANKLOOP_JUDGE_API_KEY or OPENAI_API_KEY)',
      )
        .choices(judgeKinds)
        .makeOptionMandatory(),
    )
    .option(
      '--judge-model <model>',
      "local: the model's folder; reward: the reward model's folder; openai: the model's name",
    )
    .option('--judge-base <dir>', 'reward: the folder of the base model that it was trained on')
    .option('--base-url <url>', `openai: the server, such as http://127.0.0.1:8000/v1 (default: ${openAiBaseUrl})`)
    .addOption(
      new Option('--mode <mode>', 'how a language model is asked: all at once, or every two in both orders')
        .choices(judgeModes)
        .default('listwise'),
    )
    .option('--concurrency <n>', 'questions to a server at one time', wholeNumber(1, 256), 4);
}

export const seedFlag = ['--seed <n>', 'decides shown orders and all chance', seedOption, 1] as const;

/** The judge that the options name; `close` frees a local model. */
export async function openJudgeFromOptions(
  options: JudgeOptions,
): Promise<{ judge: Judge; close: () => Promise<void> }> {
  const close = async () => {};
  switch (options.judge) {
    case 'oracle':
      return { judge: openJudge({ kind: 'oracle' }), close };
    case 'random':
      return { judge: openJudge({ kind: 'random', seed: options.seed }), close };
    case 'openai': {
      const model = needModel(options, "the model's name");
      const { baseUrl = openAiBaseUrl, concurrency, mode } = options;
      const apiKey = process.env.RANKLOOP_JUDGE_API_KEY || process.env.OPENAI_API_KEY;
      return { judge: openJudge({ kind: 'openai', baseUrl, model, apiKey, concurrency }, mode), close };
    }
    case 'reward': {
      const adapter = needModel(options, "the reward model's folder");
      if (!options.judgeBase) {
        throw new AppError('INVALID_INPUT', '--judge reward needs --judge-base: the folder of the base model.');
      }
      const { openRewardModel } = await import('../engine/training/reward-model.ts');
      const device = options.device ? { device: options.device } : {};
      const model = await openRewardModel({ model: options.judgeBase, adapter, ...device });
      return { judge: openJudge({ kind: 'reward', model }), close: () => model.close() };
    }
    case 'local': {
      const model = needModel(options, "the model's folder");
      // Only here: the other judges need no runtime.
      const { openSampler } = await import('../engine/sampling/sampler.ts');
      const sampler = await openSampler({ model, ...(options.device ? { device: options.device } : {}) });
      return { judge: openJudge({ kind: 'local', sampler }, options.mode), close: () => sampler.close() };
    }
  }
}

function needModel({ judge, judgeModel }: JudgeOptions, what: string): string {
  if (judgeModel) return judgeModel;
  throw new AppError('INVALID_INPUT', `--judge ${judge} needs --judge-model: ${what}.`);
}
