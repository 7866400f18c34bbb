// What an import makes of a row: a prompt with the responses and rankings that came with it, or the reason why it makes none.
// A shape says what it found (a draft); the rules that hold for every shape are here.
import type { ChatMessage } from '../../engine/ports.ts';
import { findTiersProblem, rankableResponses, responseIndices, type Tiers } from '../ranking.ts';
import { importLimits } from './rows.ts';

export interface ImportedResponse {
  text: string;
  /** Which model or person it is from, where the file says so. */
  source: string | null;
}

export interface PromptDraft {
  messages: ChatMessage[];
  persona?: string | null | undefined;
  tags?: readonly string[] | undefined;
  language?: string | null | undefined;
  qualifications?: readonly string[] | undefined;
  priority?: number | null | undefined;
  split?: 'train' | 'heldout' | null | undefined;
  responses?: readonly ImportedResponse[] | undefined;
  /** Indices into `responses`, best tier first; several where several people ranked. */
  rankings?: readonly Tiers[] | undefined;
  /** Preferences that the shape found and could not read. */
  hasUnreadableRanking?: boolean | undefined;
}

export interface ImportedPrompt {
  messages: ChatMessage[];
  persona: string | null;
  tags: string[];
  language: string | null;
  qualifications: string[];
  priority: number | null;
  split: 'train' | 'heldout' | null;
  /** None, or two to eight, no two of them alike. */
  responses: ImportedResponse[];
  rankings: number[][][];
}

/** Why a row gives no prompt. */
export const rowSkipReasons = [
  'unreadable',
  'wrong-shape',
  'empty-prompt',
  'too-long',
  'bad-characters',
  'ends-with-answer',
  'no-shared-prompt',
  'duplicate',
  'in-project',
  'other-split',
  'gold',
] as const;
export type RowSkipReason = (typeof rowSkipReasons)[number];

/** What of a row that does give one was left out. */
export const leftOutReasons = [
  'empty-response',
  'one-response',
  'too-many-responses',
  'same-response',
  'unclear-ranking',
  'held-out-responses',
] as const;
export type LeftOutReason = (typeof leftOutReasons)[number];

export interface Skip {
  reason: RowSkipReason;
  /** What exactly, where the reason alone does not say it. */
  detail: string;
}

export interface LeftOut {
  reason: LeftOutReason;
  detail: string;
}

export type ShapeResult = { draft: PromptDraft } | { skip: Skip };
export type PromptResult = { prompt: ImportedPrompt; leftOut: LeftOut[] } | { skip: Skip };

export const skipped = (reason: RowSkipReason, detail = ''): { skip: Skip } => ({ skip: { reason, detail } });

/** The rules of every shape, from a draft to a prompt. */
export function finishPrompt(draft: PromptDraft): PromptResult {
  const turned = answerApart(draft);
  if ('skip' in turned) return turned;
  const problem = findProblem(turned.draft);
  if (problem) return { skip: problem };
  const { responses, rankings, leftOut } = rankable(turned.draft);
  const { messages, persona, tags, language, qualifications, priority, split } = turned.draft;
  return {
    prompt: {
      messages: messages.map(({ role, content }) => ({ role, content })),
      persona: persona?.trim() || null,
      tags: distinct(tags),
      language: language?.trim() ? canonicalLanguage(language.trim()) : null,
      qualifications: distinct(qualifications),
      priority: priority ?? null,
      split: split ?? null,
      responses,
      rankings,
    },
    leftOut,
  };
}

const distinct = (labels: readonly string[] = []): string[] => [
  ...new Set(labels.map((label) => label.trim()).filter((label) => label !== '')),
];

/**
 * A conversation that ends in the assistant's turn: that turn is a response to what stands before it. Where there are other
 * responses too it is refused: nobody could say what they answer.
 */
function answerApart(draft: PromptDraft): { draft: PromptDraft } | { skip: Skip } {
  const last = draft.messages.at(-1);
  if (last?.role !== 'assistant') return { draft };
  if ((draft.responses?.length ?? 0) > 0) {
    return skipped('ends-with-answer', "its prompt ends in the assistant's turn, which its responses cannot answer");
  }
  return {
    draft: { ...draft, messages: draft.messages.slice(0, -1), responses: [{ text: last.content, source: null }] },
  };
}

/** BCP 47 in its one right spelling: "pt-br" is "pt-BR"; null where it is no language tag. */
export function canonicalLanguage(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}

function findProblem({
  messages,
  responses = [],
  tags = [],
  qualifications = [],
  language,
  persona,
}: PromptDraft): Skip | null {
  if (language?.trim() && !canonicalLanguage(language.trim())) {
    return { reason: 'wrong-shape', detail: '"language" must be a language tag such as en or pt-BR' };
  }
  if (messages.length === 0) return { reason: 'empty-prompt', detail: 'it has no message' };
  const turns = messages.filter(({ role }) => role !== 'system');
  if (turns.length === 0) return { reason: 'empty-prompt', detail: 'it has a system message alone' };
  if (messages.some(({ content }) => content.trim() === '')) {
    return { reason: 'empty-prompt', detail: 'a message of it is empty' };
  }
  if (messages.length > importLimits.messages) {
    return { reason: 'too-long', detail: `it has ${messages.length} messages, more than ${importLimits.messages}` };
  }
  const longest = Math.max(
    ...[...messages.map(({ content }) => content), ...responses.map(({ text }) => text)].map(lengthOf),
  );
  if (longest > importLimits.textLength) {
    return { reason: 'too-long', detail: `a text of ${longest} characters, more than ${importLimits.textLength}` };
  }
  const labels = [...tags, ...qualifications];
  const texts = [
    ...messages.map(({ content }) => content),
    ...responses.map(({ text }) => text),
    ...labels,
    persona ?? '',
  ];
  if (texts.some((text) => unstorable.test(text))) {
    return { reason: 'bad-characters', detail: 'a text of it holds NUL or half of a surrogate pair' };
  }
  if (labels.length > importLimits.tags || labels.some((label) => label.length > importLimits.labelLength)) {
    return { reason: 'too-long', detail: 'too many tags or qualifications, or one that is too long' };
  }
  return null;
}

/** Neither is text, and no database takes them. */
const unstorable = /[\0\p{Surrogate}]/u;

const lengthOf = (text: string) => text.length;

interface Rankable {
  responses: ImportedResponse[];
  rankings: number[][][];
  leftOut: LeftOut[];
}

/** The responses that can be ranked, and what was stated of them; of more than eight the first eight in the file's order. */
function rankable({ responses = [], rankings = [], hasUnreadableRanking }: PromptDraft): Rankable {
  const leftOut: LeftOut[] = [];
  const note = (reason: LeftOutReason, detail: string) => leftOut.push({ reason, detail });
  const kept = new Map<string, { response: ImportedResponse; index: number }>();
  // Where each of the file's responses went; null = nowhere.
  const places = responses.map((response): number | null => {
    if (response.text.trim() === '') return null;
    const known = kept.get(response.text);
    if (known) return known.index;
    if (kept.size === rankableResponses.max) return null;
    const index = kept.size;
    kept.set(response.text, { response: { text: response.text, source: response.source?.trim() || null }, index });
    return index;
  });
  const empty = responses.filter(({ text }) => text.trim() === '').length;
  if (empty > 0) note('empty-response', `${empty} of ${responses.length} responses are empty`);
  const named = new Set(responses.map(({ text }) => text).filter((text) => text.trim() !== ''));
  if (named.size < responses.length - empty) {
    note('same-response', `${responses.length - empty - named.size} of ${responses.length} responses repeat another`);
  }
  if (named.size > rankableResponses.max) {
    note('too-many-responses', `the first ${rankableResponses.max} of ${named.size} responses`);
  }
  if (kept.size === 1) note('one-response', 'there is nothing to rank it against');
  if (kept.size < rankableResponses.min) return { responses: [], rankings: [], leftOut };
  const readable = rankings.flatMap((tiers) => {
    const moved = moveTiers(tiers, places, kept.size);
    return moved ? [moved] : [];
  });
  if (hasUnreadableRanking || readable.length < rankings.length) {
    note('unclear-ranking', 'a stated preference does not rank each response once');
  }
  return { responses: [...kept.values()].map(({ response }) => response), rankings: readable, leftOut };
}

/** The tiers over the responses that are kept; null where they do not rank each of them once. */
function moveTiers(tiers: Tiers, places: readonly (number | null)[], count: number): number[][] | null {
  const moved = tiers
    .map((tier) => [...new Set(tier.flatMap((index) => places[index] ?? []))].sort((one, other) => one - other))
    .filter((tier) => tier.length > 0);
  return findTiersProblem(moved, responseIndices(count)) ? null : moved;
}

/** Higher is better, equal scores tie; null where one of them has none. */
export function tiersByScore(scores: readonly (number | null)[]): number[][] | null {
  if (scores.length === 0 || scores.some((score) => score === null || !Number.isFinite(score))) return null;
  const tiers = new Map<number, number[]>();
  for (const [index, score] of (scores as number[]).entries()) tiers.set(score, [...(tiers.get(score) ?? []), index]);
  return [...tiers].sort(([one], [other]) => other - one).map(([, tier]) => tier);
}
