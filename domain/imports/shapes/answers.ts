// Responses that stand in columns of their own (response1, reply-2, answer_b) or in a list, under the names by which a
// ranking calls them. Argilla and Label Studio leave those names to whoever set the project up.

import type { ChatMessage } from '../../../engine/ports.ts';
import type { Tiers } from '../../ranking.ts';
import type { ImportedResponse } from '../prompt.ts';
import { asRow, promptOf, type Row, textField } from './fields.ts';

export interface NamedResponse extends ImportedResponse {
  /** Any of these means this one. */
  names: readonly string[];
}

const answerColumn = /^(response|reply|answer|completion|generation|output|candidate)[-_ ]?([0-9]+|[a-z])$/i;

/** The columns that hold a response each, in the order of their numbers or letters. */
export function answerColumns(row: Row): NamedResponse[] {
  return Object.keys(row)
    .filter((name) => answerColumn.test(name) && textField(row, name) !== null)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .map((name) => ({ text: textField(row, name) ?? '', source: null, names: [name] }));
}

/** Texts, or items {id, body} as Label Studio's List has them; null where an item has no text. */
export function answerList(items: readonly unknown[]): NamedResponse[] | null {
  const responses = items.map((item, index): NamedResponse | null => {
    if (typeof item === 'string') return { text: item, source: null, names: [String(index)] };
    const row = asRow(item);
    const text = row && (textField(row, 'body') ?? textField(row, 'text') ?? textField(row, 'value'));
    if (!row || typeof text !== 'string') return null;
    const title = textField(row, 'title') ?? textField(row, 'model');
    const id = row.id === undefined || row.id === null ? null : String(row.id);
    return { text, source: title, names: [id, title].filter((name) => name !== null) };
  });
  return responses.every((response) => response !== null) ? responses : null;
}

/**
 * The response that a name means: its own name, or, where it is a response's name too, the only one with its number
 * (reply-1 for response1). A bare "1" may be a mark as well as a number.
 */
export function findNamed(responses: readonly NamedResponse[], name: string): number | null {
  const exact = indicesOf(responses, (candidate) => candidate === name);
  if (exact.length === 1) return exact[0] ?? null;
  const number = endOf(name);
  if (exact.length > 1 || number === null) return null;
  const similar = indicesOf(responses, (candidate) => endOf(candidate) === number);
  return similar.length === 1 ? (similar[0] ?? null) : null;
}

const endOf = (name: string) =>
  answerColumn
    .exec(name)?.[2]
    ?.replace(/^0+(?=[0-9])/, '')
    .toLowerCase() ?? null;

const indicesOf = (responses: readonly NamedResponse[], fits: (name: string) => boolean) =>
  responses.flatMap(({ names }, index) => (names.some(fits) ? [index] : []));

/** The tiers of names as tiers of indices; null where a name means none of the responses. */
export function namedTiers(responses: readonly NamedResponse[], tiers: Tiers<string>): number[][] | null {
  const found = tiers.map((tier) => tier.map((name) => findNamed(responses, name)));
  return found.every((tier) => tier.every((index) => index !== null)) ? (found as number[][]) : null;
}

/** One is preferred to the other; with more than two, nothing is said of the rest. */
export function preferred(responses: readonly NamedResponse[], index: number): number[][] | null {
  return responses.length === 2 ? [[index], [1 - index]] : null;
}

const promptColumns = ['prompt', 'instruction', 'question', 'input', 'query'] as const;
const conversationColumns = ['conversation', 'dialogue', 'dialog', 'messages', 'chat'] as const;
const systemColumns = ['system', 'system_prompt'] as const;

/** What is asked, from the columns by which data sets call it: with its system message before and its context after it. */
export function promptFrom(row: Row): ChatMessage[] | null {
  const asked = [...promptColumns, ...conversationColumns].find((name) => promptOf(ownValue(row, name)) !== null);
  const messages = asked ? promptOf(ownValue(row, asked)) : null;
  if (!messages) return null;
  const system = systemColumns.map((name) => textField(row, name)).find((text) => text?.trim());
  const context = textField(row, 'context')?.trim();
  const last = messages.at(-1);
  const withContext =
    context && last ? [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${context}` }] : messages;
  return system ? [{ role: 'system', content: system }, ...withContext] : withContext;
}

const ownValue = (row: Row, name: string) => (Object.hasOwn(row, name) ? row[name] : undefined);
