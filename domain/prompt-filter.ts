// Which prompts: what the prompts page can ask for, and what can be done to all of those at once.
import { z } from 'zod';
import { languageSchema, suitsSchema } from './members.ts';

export const promptStatuses = ['open', 'ranked', 'skipped', 'none'] as const;
export type PromptStatus = (typeof promptStatuses)[number];

export const promptOrders = ['oldest', 'newest', 'priority'] as const;
export type PromptOrder = (typeof promptOrders)[number];

export const promptFilterSchema = z.object({
  search: z.string().trim().max(200).optional(),
  split: z.enum(['train', 'heldout']).optional(),
  /** Of the newest responses; `none`: there is nothing to rank. */
  status: z.enum(promptStatuses).optional(),
  tag: z.string().max(200).optional(),
  /** Null: those without one. */
  language: z.string().max(35).nullable().optional(),
  qualification: z.string().max(40).optional(),
  batchId: z.uuid().optional(),
  priority: z.number().int().optional(),
  isFlagged: z.boolean().optional(),
  isGold: z.boolean().optional(),
  isPaused: z.boolean().optional(),
  hasResponses: z.boolean().optional(),
  /** Somebody holds one of its tasks, or was given it. */
  heldBy: z.uuid().optional(),
});
export type PromptFilter = z.infer<typeof promptFilterSchema>;

/** Those that are named, or all that a filter finds at the moment of the act. */
export const promptSelectionSchema = z.union([
  z.strictObject({ promptIds: z.array(z.uuid()).min(1, 'Choose a prompt first.').max(5_000) }),
  z.strictObject({ filter: promptFilterSchema }),
]);
export type PromptSelection = z.infer<typeof promptSelectionSchema>;

export const prioritySchema = z.number().int('A priority is a whole number.').min(-100).max(100);

const tags = z.array(z.string().trim().min(1).max(100)).max(20).default([]);
const qualifications = suitsSchema.shape.qualifications;

export const bulkActionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('priority'), priority: prioritySchema }),
  z.object({ kind: z.literal('language'), language: languageSchema.nullable() }),
  z.object({ kind: z.literal('qualifications'), qualifications }),
  z.object({ kind: z.literal('tags'), add: tags, remove: tags }),
  z.object({ kind: z.literal('pause'), isPaused: z.boolean() }),
  z.object({ kind: z.literal('split'), split: z.enum(['train', 'heldout']) }),
  z.object({ kind: z.literal('delete') }),
  z.object({ kind: z.literal('assign'), userId: z.uuid() }),
  z.object({ kind: z.literal('withdraw'), userId: z.uuid() }),
]);
export type BulkAction = z.infer<typeof bulkActionSchema>;

/** Why some were left as they are; the page words it. */
export const bulkRefusals = [
  'ranked',
  'evaluated',
  'held',
  'sampled',
  'conditioned',
  'same',
  'full',
  'given-before',
  'not-open',
] as const;
export type BulkRefusal = (typeof bulkRefusals)[number];

export interface BulkOutcome {
  /** Prompts; tasks where tasks are what the act is about. */
  changed: number;
  refused: { reason: BulkRefusal; count: number }[];
}

/** The tags with some more at the end and without others. */
export function changedTags(now: readonly string[], change: { add: string[]; remove: string[] }): string[] {
  const kept = now.filter((tag) => !change.remove.includes(tag));
  return [...kept, ...new Set(change.add.filter((tag) => !kept.includes(tag) && !change.remove.includes(tag)))];
}
