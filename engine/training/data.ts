// Examples become rows that fit: what is too long is cut as the settings say, with the end of sequence and some of the
// completion kept; what cannot be trained on is left out. Both are counted by their reason.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { TrainConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { Prompt, TrainingExample, TrainJob } from '../ports.ts';
import { createRandom } from '../random.ts';
import { type EvaluationConfig, needsHeldOut, type OptimizerConfig, type TruncationMode } from '../run-config.ts';
import type { TokenRow } from './batch.ts';
import { inBuckets } from './buckets.ts';
import { rowsOf } from './examples.ts';
import type { PreferenceRow } from './preference-batch.ts';

/** How many rows were left out, or cut, by reason. */
export interface DataReport {
  dropped: Record<string, number>;
  truncated: Record<string, number>;
}

/** The rows of a run, and what was left out or cut: of those to train on, and of those held out. */
export interface PreparedData<R> {
  rows: R[];
  evalRows: R[];
  report: DataReport;
  evalReport: DataReport;
}

/** The rows of a preference job, in buckets: what to train on and what to hold out. */
export function prepareData(
  checkpoint: Checkpoint,
  { pairs, evalPairs = [], config }: Pick<TrainJob, 'pairs' | 'evalPairs' | 'config'>,
): PreparedData<PreferenceRow> {
  const promptOf = ({ prompt }: TrainingExample) => prompt;
  return holdOut({ training: pairs, evaluation: evalPairs }, promptOf, config, (examples, report) =>
    prepareRows(checkpoint, examples, config, report),
  );
}

/**
 * Rows in buckets, made by `toRows`: what to train on and what to hold out, either as given or split off by prompt.
 * Throws CONFIG_INVALID where the settings ask for evaluations and nothing is held out, DATA_INVALID where what was to be
 * held out is all left out.
 */
export function holdOut<E, R extends TokenRow>(
  given: { training: readonly E[]; evaluation: readonly E[] },
  promptOf: (example: E) => Prompt,
  config: EvaluationConfig & Pick<OptimizerConfig, 'seed' | 'save_strategy' | 'per_device_train_batch_size'>,
  toRows: (examples: readonly E[], report: DataReport) => R[],
): PreparedData<R> {
  const isSplit = given.evaluation.length === 0 && config.eval_split > 0;
  const { training, evaluation } = isSplit
    ? splitByPrompt(given.training, config.eval_split, config.seed, promptOf)
    : given;
  const report = { dropped: {}, truncated: {} };
  const rows = toRows(training, report);
  const evalReport = { dropped: {}, truncated: {} };
  const evalRows = toRows(evaluation, evalReport);
  if (evaluation.length > 0 && evalRows.length === 0) {
    const reasons = describeDropped(evalReport.dropped, evaluation.length);
    throw new EngineError('DATA_INVALID', `No example is left to evaluate on: ${reasons}.`);
  }
  if (needsHeldOut(config) && evalRows.length === 0) {
    throw new EngineError(
      'CONFIG_INVALID',
      'The settings judge by evaluations (load_best_model_at_end, early_stopping_patience or save_strategy best), and no ' +
        'example is held out: give examples for evaluation, or set eval_split.',
    );
  }
  return {
    rows: inBuckets(rows, config.per_device_train_batch_size),
    evalRows: inBuckets(evalRows, config.per_device_eval_batch_size),
    report,
    evalReport,
  };
}

/** The rows of examples that can be trained on. Throws DATA_INVALID, with the example's number, where one makes no sense. */
export function prepareRows(
  checkpoint: Checkpoint,
  examples: readonly TrainingExample[],
  config: TrainConfig,
  report: DataReport = { dropped: {}, truncated: {} },
): PreferenceRow[] {
  return fitRows(examples, limitsOf(checkpoint, config), report, {
    nameOf: (example) => ('label' in example ? 'Example' : 'Pair'),
    rowsOf: (example) => rowsOf(checkpoint, example, config),
    fit: fitRow,
  });
}

/** How a kind of example becomes rows, and what it is called. */
export interface RowMaker<E, R extends TokenRow> {
  nameOf(example: E): string;
  rowsOf(example: E): R[];
  fit(row: R, limits: Limits): FittedRow<R>;
}

/** The rows that fit, with a count of what does not. Throws DATA_INVALID, with the example's number, where one makes no sense. */
export function fitRows<E, R extends TokenRow>(
  examples: readonly E[],
  limits: Limits,
  report: DataReport,
  maker: RowMaker<E, R>,
): R[] {
  return examples.flatMap((example, i) =>
    tokenize(example, i, limits, maker).flatMap((row) => {
      const fitted = maker.fit(row, limits);
      if ('dropped' in fitted) {
        count(report.dropped, fitted.dropped);
        return [];
      }
      for (const reason of fitted.truncated) count(report.truncated, reason);
      return [fitted.row];
    }),
  );
}

/** `24 of 30 dropped (longer than 512 tokens)`, for a message. */
export function describeDropped(dropped: Readonly<Record<string, number>>, total: number): string {
  if (total === 0) return 'there were none';
  return Object.entries(dropped)
    .map(([reason, number]) => `${number} of ${total} dropped (${reason})`)
    .join(', ');
}

/**
 * Examples split by their prompts: all of one prompt lie on one side, so that none is judged on what it was trained on.
 * `share` of the prompts, one at least, are held out; which, the seed decides.
 */
export function splitByPrompt<E>(
  examples: readonly E[],
  share: number,
  seed: number,
  promptOf: (example: E) => Prompt,
): { training: E[]; evaluation: E[] } {
  const keyOf = (example: E) => JSON.stringify(promptOf(example));
  const prompts = createRandom(seed).shuffle([...new Set(examples.map(keyOf))]);
  if (prompts.length < 2) {
    throw new EngineError('DATA_INVALID', 'eval_split holds prompts out, and there is only one: leave eval_split out.');
  }
  const number = Math.min(prompts.length - 1, Math.max(1, Math.round(share * prompts.length)));
  const heldOut = new Set(prompts.slice(0, number));
  return {
    training: examples.filter((example) => !heldOut.has(keyOf(example))),
    evaluation: examples.filter((example) => heldOut.has(keyOf(example))),
  };
}

export interface Limits {
  /** Tokens of a prompt, and of a prompt with any of its completions. */
  prompt: number;
  whole: number;
  mode: TruncationMode;
  /** What a prompt that loses its start keeps in front, where it has it. */
  bosTokenId: number | null;
  /** What a completion that loses its end keeps at its end, where it has one of them. */
  eosTokenIds: readonly number[];
}

/** Without `max_prompt_length` a prompt may be as long as leaves room for some of its completion. */
export function limitsOf(
  { config: model, tokenizer }: Checkpoint,
  config: Pick<TrainConfig, 'max_length' | 'truncation_mode'> & { max_prompt_length?: number },
): Limits {
  const [first] = tokenizer.encodePrompt('');
  return {
    prompt: config.max_prompt_length ?? Number.POSITIVE_INFINITY,
    whole: Math.min(config.max_length, model.maxPositions),
    mode: config.truncation_mode,
    bosTokenId: first === undefined || model.eosTokenIds.includes(first) ? null : first,
    eosTokenIds: model.eosTokenIds,
  };
}

export type FittedRow<R> = { row: R; truncated: string[] } | { dropped: string };

/**
 * A row within its limits and what was cut of it, or why it is left out. Prompts are cut to their start or end by the
 * mode; completions keep their start and their end-of-sequence token, with what a template writes after it.
 */
export function fitRow<R extends TokenRow>(row: R, limits: Limits): FittedRow<R> {
  if (areSame(row)) return { dropped: 'chosen and rejected are the same' };
  const truncated: string[] = [];
  let fitted = row;
  if (row.prompt.length > limits.prompt) {
    if (limits.mode === 'drop') return { dropped: `prompt longer than max_prompt_length ${limits.prompt}` };
    fitted = { ...row, prompt: cutPrompt(row.prompt, limits) };
    truncated.push(`prompt cut to max_prompt_length ${limits.prompt}`);
  }
  const room = limits.whole - fitted.prompt.length;
  const isTooLong = fitted.completions.some(({ length }) => length > room);
  if (!isTooLong) return { row: fitted, truncated };
  const tooLong = { dropped: `longer than ${limits.whole} tokens` };
  if (limits.mode === 'drop') return tooLong;
  const kept = fitted.completions.map((ids) => keptPlaces(ids, room, limits.eosTokenIds));
  if (kept.some((places) => places === null)) return tooLong;
  const cut = <T>(values: readonly T[], k: number) => (kept[k] ?? []).map((i) => values[i] as T);
  const { weights } = fitted;
  fitted = {
    ...fitted,
    completions: fitted.completions.map(cut),
    ...(weights ? { weights: weights.map(cut) } : {}),
  };
  if (areSame(fitted)) return { dropped: `chosen and rejected are the same up to ${limits.whole} tokens` };
  if (fitted.weights?.some((side) => side.every((weight) => weight === 0))) return tooLong;
  truncated.push(`completion cut to ${limits.whole} tokens`);
  return { row: fitted, truncated };
}

const areSame = ({ completions: [one, other] }: TokenRow) => other !== undefined && String(one) === String(other);

function cutPrompt(prompt: readonly number[], { prompt: length, mode, bosTokenId }: Limits): readonly number[] {
  if (mode === 'keep_start') return prompt.slice(0, length);
  const [first] = prompt;
  const hasBos = first !== undefined && first === bosTokenId && length > 1;
  return hasBos ? [first, ...prompt.slice(1 - length)] : prompt.slice(-length);
}

/** A template writes a line's end after the end of a turn, no more. */
const longestEnding = 4;

/** Which tokens of a completion stay where it has `room`; null where none but its ending would. */
function keptPlaces(ids: readonly number[], room: number, eosTokenIds: readonly number[]): number[] | null {
  const places = ids.map((_, i) => i);
  if (ids.length <= room) return places;
  const eos = ids.findLastIndex((id) => eosTokenIds.includes(id));
  const ending = eos >= ids.length - longestEnding ? ids.length - Math.max(eos, 0) : 0;
  const isEnded = eos !== -1 && ending > 0;
  const tail = isEnded ? places.slice(-ending) : [];
  const start = room - tail.length;
  return start < 1 ? null : [...places.slice(0, start), ...tail];
}

function tokenize<E, R extends TokenRow>(
  example: E,
  index: number,
  { bosTokenId }: Limits,
  { rowsOf, nameOf }: RowMaker<E, R>,
): R[] {
  try {
    const rows = rowsOf(example);
    if (rows.some(({ prompt: [one, other] }) => one !== undefined && one === bosTokenId && other === bosTokenId)) {
      throw new EngineError(
        'DATA_INVALID',
        'its prompt begins with the token of the beginning twice: the tokenizer adds it, so leave it out of the text.',
      );
    }
    return rows;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, `${nameOf(example)} ${index + 1}: ${error.message}`, { cause: error });
  }
}

/** One more by a reason. */
export function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
