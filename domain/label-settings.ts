// How a project wants its responses ranked: what is asked of a person beside the order, and how the page shows it.
// Stored with the project, read with its defaults, so that an older project's settings stay whole.
import { z } from 'zod';

export const labelModes = ['rank', 'ab', 'thumbs'] as const;
/** `rank`: 2 to 8 responses in order; `ab`: two responses, one key; `thumbs`: each response up or down (KTO). */
export type LabelMode = (typeof labelModes)[number];

/** How much better the best is than the worst: the four levels of Llama 2 (Touvron et al. 2023, 3.2.1). */
export const strengths = [1, 2, 3, 4] as const;
export type Strength = (typeof strengths)[number];
export const strengthNames = { 1: 'negligible', 2: 'slight', 3: 'clear', 4: 'strong' } as const satisfies Record<
  Strength,
  string
>;

export const layouts = ['auto', 'side-by-side', 'stacked', 'focus'] as const;
export type Layout = (typeof layouts)[number];

export const ratingScale = { min: 1, max: 5 } as const;

export const criterionSchema = z.object({
  key: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'A criterion’s key has small letters, digits, - and _ only, 40 at most.'),
  name: z.string().trim().min(1, 'Name the criterion.').max(60),
  description: z.string().trim().max(500).default(''),
});
export type Criterion = z.infer<typeof criterionSchema>;

export const labelSettingsSchema = z.object({
  mode: z.enum(labelModes).default('rank'),
  strength: z.enum(['off', 'optional', 'required']).default('optional'),
  criteria: z
    .array(criterionSchema)
    .max(6, 'A person rates six criteria at most.')
    .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'Two criteria have the same key.')
    .default([]),
  rationale: z
    .object({
      use: z.enum(['off', 'optional', 'required']).default('optional'),
      /** Where it is required: only from this strength on; null asks for it always. */
      fromStrength: z.literal(strengths).nullable().default(null),
    })
    .prefault({}),
  /** Whether a response may be rewritten into a better one: edited > chosen > rejected. */
  edits: z.boolean().default(true),
  layout: z.enum(layouts).default('auto'),
  /** Words a minute beyond which nobody reads; a faster ranking gets a warning in words. Null never warns. */
  readingSpeed: z.number().int().min(100).max(2000).nullable().default(800),
  /** The share of tasks that are silent gold. */
  goldRate: z.number().min(0).max(0.5, 'At most half of the tasks may be gold.').default(0),
  onboarding: z
    .object({
      isRequired: z.boolean().default(false),
      /** The share of gold's ordered pairs that a newcomer must order alike. */
      passAccuracy: z.number().min(0.5).max(1).default(0.8),
    })
    .prefault({}),
  /** Tasks on which people agree less than this go to the review queue. */
  reviewBelow: z.number().min(0).max(1).default(0.7),
  /** Whether annotators see how they agree with others and with gold. */
  showsOwnReport: z.boolean().default(false),
});
export type LabelSettings = z.infer<typeof labelSettingsSchema>;
export type LabelSettingsInput = z.input<typeof labelSettingsSchema>;

/** What is stored of a project, with the defaults for what it does not say. */
export function readLabelSettings(stored: unknown): LabelSettings {
  return labelSettingsSchema.parse(stored ?? {});
}

/** Overlap: how many people rank each task. */
export const overlapSchema = z.number().int().min(1, 'At least one person ranks a task.').max(20);
