// What whoever imports decides: where the prompts go, what is added to them, and what becomes of responses and preferences
// that come with them.
import { z } from 'zod';
import { columnMappingSchema } from './mapping.ts';
import { canonicalLanguage, type ImportedPrompt } from './prompt.ts';
import { importLimits } from './rows.ts';
import { shapeNames } from './shape-names.ts';

const label = z.string().trim().min(1).max(importLimits.labelLength);
const labels = z.array(label).max(importLimits.tags).default([]);

const languageSchema = z.string().transform((tag, context): string => {
  const canonical = canonicalLanguage(tag.trim());
  if (canonical) return canonical;
  context.addIssue({ code: 'custom', message: 'must be a language tag such as en or pt-BR' });
  return z.NEVER;
});

/** Higher comes first. */
export const prioritySchema = z.number().int().min(-1000).max(1000);

export const splitChoices = ['train', 'heldout', 'share'] as const;
export const responseChoices = ['rank', 'leave'] as const;
export const rankingChoices = ['anew', 'take'] as const;

export const importOptionsSchema = z.object({
  name: z.string().trim().min(1, 'Give the import a name.').max(200),
  /** Instead of the shape that is recognised. */
  shape: z.enum(shapeNames).optional(),
  mapping: columnMappingSchema.optional(),
  /** `share` holds out a part, chosen by each prompt's content, so that the same file always splits alike. */
  split: z.enum(splitChoices).default('train'),
  heldOutShare: z.number().min(0.01).max(0.9).default(0.1),
  tags: labels,
  language: languageSchema.nullable().default(null),
  qualifications: labels,
  priority: prioritySchema.default(0),
  /** Responses that come with the data: something to rank, or left aside. */
  responses: z.enum(responseChoices).default('rank'),
  /** Preferences that the data states: taken as rankings, or ranked anew by people and judges. */
  rankings: z.enum(rankingChoices).default('anew'),
});
export type ImportOptions = z.infer<typeof importOptionsSchema>;

/** A file that was sent before: its key in the artifact store, and what the person calls it. */
export const uploadSchema = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/, 'must be the key of an uploaded file'),
  fileName: z.string().trim().min(1).max(300),
});
export type Upload = z.infer<typeof uploadSchema>;

/** The prompt with what is added to all of them; what a row says itself goes before. */
export function withOptions(prompt: ImportedPrompt, options: ImportOptions): ImportedPrompt {
  return {
    ...prompt,
    tags: [...new Set([...prompt.tags, ...options.tags])],
    language: prompt.language ?? options.language,
    qualifications: [...new Set([...prompt.qualifications, ...options.qualifications])],
    priority: prompt.priority ?? options.priority,
  };
}

/** Where somebody said that a prompt belongs; null: wherever its content puts it. */
export function statedSplit({ split }: ImportedPrompt, options: ImportOptions): 'train' | 'heldout' | null {
  return split ?? (options.split === 'share' ? null : options.split);
}

/** `contentHash`: hexadecimal, as good as random. */
export function splitByContent(contentHash: string, { heldOutShare }: ImportOptions): 'train' | 'heldout' {
  return Number.parseInt(contentHash.slice(0, 8), 16) / 2 ** 32 < heldOutShare ? 'heldout' : 'train';
}
