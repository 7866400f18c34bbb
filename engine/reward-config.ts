// One run of a reward model: names and defaults of TRL's RewardConfig. Imports zod only, as config.ts does.
import { z } from 'zod';
import { loraConfigSchema, trainConfigSchema } from './config.ts';
import { lossFields } from './loss-config.ts';

const lossNames = [...Object.keys(lossFields), 'margin_scale', 'max_prompt_length', 'load_in_4bit'];
type Left = keyof typeof lossFields | 'max_prompt_length' | 'load_in_4bit';
const runFields = Object.fromEntries(
  Object.entries(trainConfigSchema.shape).filter(([name]) => !lossNames.includes(name)),
) as Omit<typeof trainConfigSchema.shape, Left>;

export const rewardConfigSchema = z.strictObject({
  ...runFields,
  learning_rate: runFields.learning_rate.unwrap().default(1e-4),
  lora: loraConfigSchema
    .refine(({ target_modules }) => !target_modules.includes('lm_head'), {
      path: ['target_modules'],
      message: 'a reward model has a value head in place of lm_head: leave lm_head out',
    })
    .prefault({}),
  /** What a pair's `margin` is multiplied by before the loss demands it; 0 leaves margins aside. TRL's is 1 where there are any. */
  margin_scale: z.number().min(0).default(0),
  /** Draws the rewards of a pair to a sum of 0 (Eisenstein et al. 2023); null does not. */
  center_rewards_coefficient: z.number().gt(0).nullable().default(null),
});
export type RewardConfig = z.infer<typeof rewardConfigSchema>;
