// A project's label settings as they are stored and as they come in. Read with their defaults, so that an older project's
// settings stay whole.
import { z } from 'zod';
import { type Criterion, demands, type LabelSettings, labelModes, layouts, strengths } from './label-settings.ts';

export const criterionSchema = z.object({
  key: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'A criterion’s key has small letters, digits, - and _ only, 40 at most.'),
  name: z.string().trim().min(1, 'Name the criterion.').max(60),
  description: z.string().trim().max(500).default(''),
}) satisfies z.ZodType<Criterion>;

export const labelSettingsSchema = z.object({
  mode: z.enum(labelModes).default('rank'),
  strength: z.enum(demands).default('optional'),
  criteria: z
    .array(criterionSchema)
    .max(6, 'A person rates six criteria at most.')
    .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'Two criteria have the same key.')
    .default([]),
  rationale: z
    .object({
      use: z.enum(demands).default('optional'),
      fromStrength: z.literal(strengths).nullable().default(null),
    })
    .prefault({}),
  edits: z.boolean().default(true),
  layout: z.enum(layouts).default('auto'),
  readingSpeed: z.number().int().min(100).max(2000).nullable().default(800),
  goldRate: z.number().min(0).max(0.5, 'At most half of the tasks may be gold.').default(0),
  onboarding: z
    .object({
      isRequired: z.boolean().default(false),
      passAccuracy: z.number().min(0.5).max(1).default(0.8),
    })
    .prefault({}),
  reviewBelow: z.number().min(0).max(1).default(0.7),
  showsOwnReport: z.boolean().default(false),
}) satisfies z.ZodType<LabelSettings>;
export type LabelSettingsInput = z.input<typeof labelSettingsSchema>;

/** What is stored of a project, with the defaults for what it does not say. */
export function readLabelSettings(stored: unknown): LabelSettings {
  return labelSettingsSchema.parse(stored ?? {});
}

/** Overlap: how many people rank each task. */
export const overlapSchema = z.number().int().min(1, 'At least one person ranks a task.').max(20);
