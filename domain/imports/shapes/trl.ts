// TRL's types of data (huggingface/trl, docs/source/dataset_formats.md): preference with and without a prompt of its own,
// unpaired preference, prompt-completion and prompt-only, each as texts or as messages.
import { type ShapeResult, skipped } from '../prompt.ts';
import { answerOf, field, has, messagesNeeded, promptOf, type Row } from './fields.ts';
import { readPair } from './pairs.ts';

export const isPreference = (row: Row) => has(row, 'chosen', 'rejected');

/** {prompt, chosen, rejected}, or {chosen, rejected} with the prompt in both. */
export function readPreference(row: Row): ShapeResult {
  if (!isPreference(row)) return skipped('wrong-shape', '"chosen" or "rejected" is missing');
  return readPair({ prompt: field(row, 'prompt'), chosen: field(row, 'chosen'), rejected: field(row, 'rejected') });
}

export const isUnpaired = (row: Row) => has(row, 'prompt', 'completion', 'label');

/** {prompt, completion, label}: desirable or not. Rows of one prompt that follow each other are one prompt's responses. */
export function readUnpaired(row: Row): ShapeResult {
  const label = labelOf(field(row, 'label'));
  if (label === null) return skipped('wrong-shape', '"label" must be true (desirable) or false');
  const read = readCompletion(row);
  return 'draft' in read ? { draft: { ...read.draft, rankings: [label ? [[0], []] : [[], [0]]] } } : read;
}

const labelOf = (value: unknown): boolean | null => {
  if (typeof value === 'boolean') return value;
  const written = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return written === 'true' ? true : written === 'false' ? false : null;
};

export const isCompletion = (row: Row) => has(row, 'prompt', 'completion');

/** {prompt, completion}: a prompt with one response. */
export function readCompletion(row: Row): ShapeResult {
  const messages = promptOf(field(row, 'prompt'));
  if (!messages) return skipped('wrong-shape', `"prompt" ${messagesNeeded}, or a text`);
  const text = answerOf(field(row, 'completion'));
  if (text === null) return skipped('wrong-shape', '"completion" must be a text, or one message of the assistant');
  return { draft: { messages, responses: [{ text, source: null }] } };
}
