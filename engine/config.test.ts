import { expect, test } from 'vitest';
import { trainConfigSchema } from './config.ts';

test('takes the names of TRL and PEFT, with their usual defaults', () => {
  const config = trainConfigSchema.parse({ loss_type: 'sigmoid', lora: { r: 4 } });
  expect(config).toMatchObject({ loss_type: ['sigmoid'], beta: 0.1, max_grad_norm: 1, lora: { r: 4, lora_alpha: 32 } });
});

test('refuses an unknown name and what it cannot do, never ignoring it', () => {
  for (const [values, message] of [
    [{ learning_rat: 1 }, /learning_rat/],
    [{ lora: { lora_dropout: 0.1 } }, /dropout is not supported/],
    [{ gradient_checkpointing: true }, /gradient checkpointing is not supported/],
    [{ loss_type: ['sigmoid', 'sft'] }, /loss_type/],
    [{ label_smoothing: 0.5 }, /label_smoothing/],
  ] as const) {
    expect(trainConfigSchema.safeParse(values).error?.message).toMatch(message);
  }
});
