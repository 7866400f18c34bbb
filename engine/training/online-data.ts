// The prompts of an on-policy run and their order: which fit, which each sampling takes, and what they draw from.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { EngineError } from '../errors.ts';
import { type OnlineConfig, type OnlineConfigs, type OnlineMethod, stepsPerSampling } from '../online-config.ts';
import type { Prompt } from '../ports.ts';
import { createRandom } from '../random.ts';
import type { TokenRow } from './batch.ts';
import { count } from './data.ts';

/** A prompt's place in the run: it is sampled anew in each of its samplings. */
export interface PromptRow extends TokenRow {
  /** As given. */
  text: Prompt;
  sampling: number;
  /** Its place in the sampling. */
  place: number;
}

/** A prompt as given, and its tokens. */
export interface UsablePrompt {
  text: Prompt;
  ids: readonly number[];
}

/** A method with its settings. */
export type OnlineSettings = { [M in OnlineMethod]: { method: M; config: OnlineConfigs[M] } }[OnlineMethod];

/** Prompts a micro-batch: GRPO's size counts responses, online DPO's prompts. */
export function promptsPerBatch({ method, config }: OnlineSettings): number {
  const { per_device_train_batch_size: batch, num_generations: n } = config;
  return { grpo: batch / n, online_dpo: batch }[method];
}

/** Prompts that one sampling answers. */
export function promptsPerSampling(settings: OnlineSettings): number {
  const { config } = settings;
  const steps = stepsPerSampling(config) / passesOf(config);
  return promptsPerBatch(settings) * config.gradient_accumulation_steps * steps;
}

/** How often the responses of one sampling are trained on. */
const passesOf = (config: OnlineConfig) => ('num_iterations' in config ? config.num_iterations : 1);

/** Those that leave room for a response; the others are counted by their reason. Throws DATA_INVALID where none is left. */
export function usablePrompts(
  { tokenizer, config: model }: Pick<Checkpoint, 'tokenizer' | 'config'>,
  prompts: readonly Prompt[],
  config: OnlineConfig,
): { usable: UsablePrompt[]; dropped: Record<string, number> } {
  const dropped: Record<string, number> = {};
  const room = model.maxPositions - config.max_completion_length;
  if (room < 1) {
    throw new EngineError(
      'CONFIG_INVALID',
      `max_completion_length is ${config.max_completion_length}, but the model has ${model.maxPositions} positions for prompt and response: lower it.`,
    );
  }
  const limit = Math.min(config.max_prompt_length, room);
  const usable = prompts
    .map((text) => ({ text, ids: tokenizer.encodePrompt(text) }))
    .filter(({ ids }) => {
      const reason = ids.length === 0 ? 'empty' : ids.length > limit ? `longer than ${limit} tokens` : null;
      if (reason !== null) count(dropped, reason);
      return reason === null;
    });
  if (usable.length > 0) return { usable, dropped };
  throw new EngineError(
    'DATA_INVALID',
    `No prompt is left to train on: all ${prompts.length} are empty or longer than ${limit} tokens (max_prompt_length ` +
      `${config.max_prompt_length}; the model has ${model.maxPositions} positions, responses take ${config.max_completion_length}).`,
  );
}

/** The run's rows in order: each sampling takes the next prompts, in an order of their own for each epoch. */
export function layOut(prompts: readonly UsablePrompt[], settings: OnlineSettings): PromptRow[] {
  const { config } = settings;
  const perSampling = promptsPerSampling(settings);
  const samplings =
    config.max_steps > 0
      ? Math.ceil(config.max_steps / stepsPerSampling(config))
      : Math.ceil((config.num_train_epochs * prompts.length) / perSampling);
  const drawn: UsablePrompt[] = [];
  for (let epoch = 0; drawn.length < samplings * perSampling; epoch++) {
    const random = createRandom(config.seed * 1_000_003 + epoch);
    drawn.push(...(config.train_sampling_strategy === 'sequential' ? prompts : random.shuffle(prompts)));
  }
  const rows: PromptRow[] = [];
  for (let sampling = 0; sampling < samplings; sampling++) {
    const asked = drawn.slice(sampling * perSampling, (sampling + 1) * perSampling);
    for (let pass = 0; pass < passesOf(config); pass++) {
      for (const [place, { text, ids }] of asked.entries()) {
        rows.push({ prompt: ids, completions: [], text, sampling, place });
      }
    }
  }
  const rowsPerStep = promptsPerBatch(settings) * config.gradient_accumulation_steps;
  return config.max_steps > 0 ? rows.slice(0, config.max_steps * rowsPerStep) : rows;
}

/** Each sampling's prompts, once. */
export function rowsBySampling(rows: readonly PromptRow[]): Map<number, PromptRow[]> {
  const samplings = new Map<number, PromptRow[]>();
  for (const row of rows) {
    const known = samplings.get(row.sampling) ?? [];
    known[row.place] = row;
    samplings.set(row.sampling, known);
  }
  return samplings;
}

/** What a prompt's place in the run draws from: a run that is resumed draws what it would have drawn. */
export const seedOf = (seed: number, sampling: number, place: number): number =>
  Math.floor(createRandom(seed * 1_000_003 + sampling * 65_537 + place).uniform() * 0xffffffff);
