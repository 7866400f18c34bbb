// Examples of supervised fine-tuning as rows: which tokens are learnt, what is cut where one is too long, what is held out.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { SftConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { Prompt, SftExample } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import { type FittedRow, fitRow, fitRows, holdOut, type Limits, limitsOf, type PreparedData } from './data.ts';
import { tokenizeCompletion } from './score.ts';

/** One completion: what is before the first token that counts is its prompt. */
export interface SftRow extends TokenRow {
  /** The sum of its tokens' weights. */
  total: number;
}

/** The rows of a job, in buckets: what to train on and what to hold out, as given or split off by how a conversation opens. */
export function prepareSftData(
  checkpoint: Checkpoint,
  { examples, evalExamples, config }: SftExamples,
): PreparedData<SftRow> {
  const given = { training: examples, evaluation: evalExamples ?? [] };
  return holdOut(given, openingOf, config, (some, report) =>
    fitRows(some, limitsOf(checkpoint, config), report, {
      nameOf: () => 'Example',
      rowsOf: (example) => [readExample(checkpoint, example)],
      fit: fitTurns,
    }).map((row) => weigh(row, config.prompt_loss_weight)),
  );
}

export interface SftExamples {
  examples: readonly SftExample[];
  evalExamples?: readonly SftExample[];
  config: SftConfig;
}

/** All that is said before the first answer to a user: examples that open alike are on one side of a split. */
function openingOf(example: SftExample): Prompt {
  const messages = 'messages' in example ? example.messages : example.prompt;
  if (typeof messages === 'string') return messages;
  const asked = messages.findIndex(({ role }) => role === 'user');
  const answered = messages.findIndex(({ role }, i) => i > asked && role === 'assistant');
  return answered === -1 ? messages : messages.slice(0, answered);
}

/** Tokens of weight 1 are learnt, those of weight 0 stand between them. */
function readExample(checkpoint: Checkpoint, example: SftExample): TokenRow {
  if (!('messages' in example)) return tokenizeCompletion(checkpoint, example.prompt, example.completion);
  const { ids, isAssistant } = checkpoint.tokenizer.encodeConversation(example.messages);
  const start = Math.max(1, isAssistant.indexOf(true)); // nothing predicts the first token
  const weights = isAssistant.slice(start).map(Number);
  if (!weights.includes(1)) throw new EngineError('DATA_INVALID', 'there is nothing in it to learn.');
  return { prompt: ids.slice(0, start), completions: [ids.slice(start)], weights: [weights] };
}

/**
 * A row within its limits. Of a conversation the first turns that fit whole are kept; where not even the first does, it is
 * cut as a completion is: it keeps its start and its end of turn.
 */
export function fitTurns(row: TokenRow, limits: Limits): FittedRow<TokenRow> {
  const [ids = []] = row.completions;
  const room = limits.whole - row.prompt.length;
  if (ids.length <= room || limits.mode === 'drop') return fitRow(row, limits);
  const learnt = row.weights?.[0] ?? ids.map(() => 1);
  const ends = learnt.flatMap((weight, i) => (weight > 0 && !learnt[i + 1] ? [i + 1] : []));
  const end = ends.findLast((place) => place <= room) ?? ends[0] ?? ids.length;
  const fitted = fitRow({ ...row, completions: [ids.slice(0, end)], weights: [learnt.slice(0, end)] }, limits);
  if ('dropped' in fitted || fitted.truncated.length > 0) return fitted;
  return { ...fitted, truncated: [`conversation cut to the turns that fit ${limits.whole} tokens`] };
}

/** With a weight on prompts all tokens but the first, which nothing predicts, are learnt, and stand in the completion's place. */
function weigh(row: TokenRow, promptWeight: number): SftRow {
  const [ids = []] = row.completions;
  const weights = (row.weights?.[0] ?? ids.map(() => 1)).map((weight) => (weight > 0 ? weight : promptWeight));
  const [first, ...rest] = row.prompt;
  if (promptWeight === 0 || first === undefined) return withTotal(row.prompt, ids, weights);
  return withTotal([first], [...rest, ...ids], [...rest.map(() => promptWeight), ...weights]);
}

const withTotal = (prompt: readonly number[], ids: readonly number[], weights: readonly number[]): SftRow => ({
  prompt,
  completions: [ids],
  weights: [weights],
  total: weights.reduce((sum, weight) => sum + weight, 0),
});
