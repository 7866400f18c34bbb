// Our own lines: {prompt, persona, tags, language, qualifications, priority, split}, alone or with the responses of a
// `sample` line and the tiers of a `judge` line.
import { type ShapeResult, skipped } from '../prompt.ts';
import {
  asRow,
  field,
  has,
  labelsOf,
  listField,
  messagesNeeded,
  numberOf,
  promptOf,
  type Row,
  textField,
} from './fields.ts';

const ownFields = ['persona', 'tags', 'language', 'qualifications', 'priority', 'split'];

export const isPromptOnly = (row: Row) => has(row, 'prompt');

export const isRankloop = (row: Row) =>
  has(row, 'prompt') && (listField(row, 'responses') !== null || ownFields.some((name) => has(row, name)));

export function readRankloop(row: Row): ShapeResult {
  const messages = promptOf(field(row, 'prompt'));
  if (!messages) return skipped('wrong-shape', `"prompt" ${messagesNeeded}, or a text`);
  const labels = readLabels(row);
  if ('problem' in labels) return skipped('wrong-shape', labels.problem);
  const given = field(row, 'responses') ?? [];
  const responses = Array.isArray(given) ? given.map(responseOf) : null;
  if (!responses?.every((response) => response !== null)) {
    return skipped('wrong-shape', '"responses" must be a list of texts or of {"text"}');
  }
  const tiers = field(row, 'tiers') ?? null;
  const ranking = tiersOf(tiers);
  return {
    draft: {
      messages,
      ...labels,
      responses,
      rankings: ranking ? [ranking] : [],
      hasUnreadableRanking: tiers !== null && ranking === null,
    },
  };
}

export interface Labels {
  persona: string | null;
  tags: string[];
  language: string | null;
  qualifications: string[];
  priority: number | null;
  split: 'train' | 'heldout' | null;
}

const blankAsNone = (value: unknown) => (value === '' ? undefined : (value ?? undefined));

/** What a row says about its prompt beside the messages; a cell that is empty says nothing. */
export function readLabels(row: Row): Labels | { problem: string } {
  const [tags, qualifications] = [labelsOf(field(row, 'tags')), labelsOf(field(row, 'qualifications'))];
  if (!tags) return { problem: '"tags" must be a list of texts' };
  if (!qualifications) return { problem: '"qualifications" must be a list of texts' };
  for (const name of ['persona', 'language']) {
    const value = blankAsNone(field(row, name));
    if (value !== undefined && typeof value !== 'string') return { problem: `"${name}" must be text` };
  }
  const givenPriority = blankAsNone(field(row, 'priority'));
  const priority = numberOf(givenPriority);
  if (givenPriority !== undefined && (priority === null || !Number.isInteger(priority) || Math.abs(priority) > 1000)) {
    return { problem: '"priority" must be a whole number from -1000 to 1000' };
  }
  const split = blankAsNone(field(row, 'split')) ?? null;
  if (split !== null && split !== 'train' && split !== 'heldout') {
    return { problem: '"split" must be "train" or "heldout"' };
  }
  return {
    persona: textField(row, 'persona'),
    tags,
    language: textField(row, 'language'),
    qualifications,
    priority,
    split,
  };
}

function responseOf(value: unknown): { text: string; source: string | null } | null {
  if (typeof value === 'string') return { text: value, source: null };
  const row = asRow(value);
  const text = row && textField(row, 'text');
  return row && typeof text === 'string' ? { text, source: textField(row, 'source') ?? textField(row, 'model') } : null;
}

/** Lists of indices; whether they rank each response once is checked with the rules of every shape. */
function tiersOf(value: unknown): number[][] | null {
  if (!Array.isArray(value)) return null;
  const isTier = (tier: unknown): tier is number[] =>
    Array.isArray(tier) && tier.every((index) => typeof index === 'number');
  return value.every(isTier) ? value : null;
}
