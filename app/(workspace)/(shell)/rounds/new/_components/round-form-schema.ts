// What the form of a new round holds, checked against the trainer's own schema.
import { z } from 'zod';
import { conditionsSchema } from '../../../../../../domain/conditional.ts';
import { minMarginSchema, pairPolicyNames } from '../../../../../../domain/pairs.ts';
import { trainConfigSchema } from '../../../../../../engine/config.ts';

export const roundFormSchema = z.object({
  config: trainConfigSchema,
  pairPolicy: z.enum(pairPolicyNames),
  minMargin: minMarginSchema,
  conditions: conditionsSchema,
  pairScope: z.enum(['current', 'imported', 'all']),
  reference: z.enum(['sft', 'previous']),
  judgeId: z.uuid(),
});
export type RoundFormInput = z.input<typeof roundFormSchema>;
export type RoundFormOutput = z.output<typeof roundFormSchema>;
