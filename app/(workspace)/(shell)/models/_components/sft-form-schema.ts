// What the dialog of a fine-tuning holds beside its file, checked against the trainer's own schema.
import { z } from 'zod';
import { sftNameSchema } from '../../../../../domain/sft.ts';
import { needsHeldOut, sftConfigSchema } from '../../../../../engine/config.ts';

export const sftFormSchema = z.object({
  name: sftNameSchema,
  config: sftConfigSchema.refine((config) => !needsHeldOut(config) || config.eval_split > 0, {
    path: ['eval_split'],
    message: 'Early stopping and the best evaluation need examples to judge by: hold a share out, such as 0.1.',
  }),
});
export type SftFormInput = z.input<typeof sftFormSchema>;
export type SftFormOutput = z.output<typeof sftFormSchema>;

/** The usual settings, for examples no longer than the model can read; a name that its folder may have. */
export function sftFormDefaults(model: { name: string; facts: { contextLength: number } | null }): SftFormInput {
  const config = sftConfigSchema.parse({});
  const base = model.name.replace(/[^\w.+-]+/g, '-').replace(/^[^\w-]+/, '');
  return {
    name: `${base.slice(0, 80) || 'model'}-sft`,
    config: { ...config, max_length: Math.min(config.max_length, model.facts?.contextLength ?? config.max_length) },
  };
}
