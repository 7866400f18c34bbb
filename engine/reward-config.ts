// One run of a reward model: names and defaults of TRL's RewardConfig. Imports zod only, as config.ts does.
import { z } from 'zod';
import { loraConfigSchema, trainConfigSchema, trainedProblems } from './config.ts';
import { lossFields } from './loss-config.ts';
import { runProblems } from './run-config.ts';

const left = [...Object.keys(lossFields), 'max_prompt_length'];
const runFields = Object.fromEntries(
  Object.entries(trainConfigSchema.shape).filter(([name]) => !left.includes(name)),
) as Omit<typeof trainConfigSchema.shape, keyof typeof lossFields | 'max_prompt_length'>;

export const rewardConfigSchema = z
  .strictObject({
    ...runFields,
    /** TRL leaves out what is too long. */
    truncation_mode: runFields.truncation_mode.unwrap().default('drop'),
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
  })
  .superRefine((config, context) => {
    for (const [setting, message] of [...runProblems(config), ...trainedProblems(config)])
      context.addIssue({ code: 'custom', path: [setting], message });
  });
export type RewardConfig = z.infer<typeof rewardConfigSchema>;
