// An annotation as it enters: of the right form and size. Whether it is whole is another question (annotation.ts).
import { z } from 'zod';
import { type Annotation, flagNames, longestEdit, longestRationale, overallVerdicts } from './annotation.ts';
import { ratingScale, strengths } from './label-settings.ts';
import { rankableResponses } from './ranking.ts';

const responseId = z.uuid();

export const annotationSchema = z.object({
  /** Response ids, best tier first. Of thumbs: those up over those down. */
  tiers: z.array(z.array(responseId).min(1).max(rankableResponses.max)).min(1).max(rankableResponses.max),
  overall: z.enum(overallVerdicts).nullable().default(null),
  /** By response id; null outside the thumbs mode. */
  thumbs: z
    .record(responseId, z.enum(['up', 'down']))
    .nullable()
    .default(null),
  strength: z.literal(strengths).nullable().default(null),
  /** By response id, then by the criterion's key. */
  ratings: z
    .record(responseId, z.record(z.string().max(40), z.number().int().min(ratingScale.min).max(ratingScale.max)))
    .default({}),
  flags: z
    .array(z.object({ flag: z.enum(flagNames), responseId: responseId.nullable() }))
    .max(flagNames.length * (rankableResponses.max + 1))
    .default([]),
  rationale: z.string().trim().max(longestRationale).nullable().default(null),
  /** A response rewritten into a better one, which then stands above all. */
  edit: z
    .object({ responseId, text: z.string().max(longestEdit) })
    .nullable()
    .default(null),
}) satisfies z.ZodType<Annotation>;
