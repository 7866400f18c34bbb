// Which rankings: what the rankings page and the raw export can ask for.
import { z } from 'zod';
import { overallVerdicts } from './annotation.ts';
import { strengths } from './label-settings.ts';

export const rankingFilterSchema = z.object({
  /** Author: a person or a judge. */
  userId: z.uuid().optional(),
  judgeId: z.uuid().optional(),
  /** Rankings that came with imported data, or reviewers' last words. */
  source: z.enum(['person', 'judge', 'import', 'adjudication']).optional(),
  from: z.coerce.date().optional(),
  until: z.coerce.date().optional(),
  batchId: z.uuid().optional(),
  overall: z.enum(overallVerdicts).optional(),
  strength: z.literal(strengths).optional(),
  isFlagged: z.boolean().optional(),
  hasRationale: z.boolean().optional(),
  hasEdit: z.boolean().optional(),
  /** Those that were taken back; without it, only those that stand. */
  isRetracted: z.boolean().default(false),
});
export type RankingFilter = z.input<typeof rankingFilterSchema>;
