// An annotation as it comes in, checked. Apart from annotation.ts, which the label page has in its first code: it needs
// no zod.
import { z } from 'zod';
import { type Annotation, flagNames, longestEdit, longestRationale, overallVerdicts } from './annotation.ts';
import { ratingScale, strengths } from './label-settings.ts';
import { rankableResponses } from './ranking.ts';

const responseId = z.uuid();

export const annotationSchema = z.object({
  tiers: z.array(z.array(responseId).min(1).max(rankableResponses.max)).min(1).max(rankableResponses.max),
  overall: z.enum(overallVerdicts).nullable().default(null),
  thumbs: z
    .record(responseId, z.enum(['up', 'down']))
    .nullable()
    .default(null),
  strength: z.literal(strengths).nullable().default(null),
  ratings: z
    .record(responseId, z.record(z.string().max(40), z.number().int().min(ratingScale.min).max(ratingScale.max)))
    .default({}),
  flags: z
    .array(z.object({ flag: z.enum(flagNames), responseId: responseId.nullable() }))
    .max(flagNames.length * (rankableResponses.max + 1))
    .default([]),
  rationale: z.string().trim().max(longestRationale).nullable().default(null),
  edit: z
    .object({ responseId, text: z.string().max(longestEdit) })
    .nullable()
    .default(null),
}) satisfies z.ZodType<Annotation>;
