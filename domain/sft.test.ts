import { describe, expect, test } from 'vitest';
import { sftConfigSchema } from '../engine/config.ts';
import { activeSftStatuses, countSftSteps, nextSftStatus, sftNameSchema, sftStatuses } from './sft.ts';

test('a run that has ended stays as it is; one that is taken up again goes on training', () => {
  expect(activeSftStatuses).toEqual(['queued', 'training']);
  expect(nextSftStatus('training', 'train')).toBe('training');
  expect(nextSftStatus('queued', 'finish')).toBeNull();
  for (const status of sftStatuses.filter((status) => !activeSftStatuses.includes(status))) {
    for (const event of ['train', 'finish', 'cancel', 'fail'] as const) expect(nextSftStatus(status, event)).toBeNull();
  }
});

describe('a name', () => {
  test.each(['mine', 'Llama-3.2-1B_sft', 'v1+2', ' padded '])('"%s" is one of a folder', (name) => {
    expect(sftNameSchema.parse(name)).toBe(name.trim());
  });
  test.each(['', '..', '.hidden', 'a/b', '/a', 'a b', 'a\\b', 'n'.repeat(101)])('"%s" is none', (name) => {
    expect(sftNameSchema.safeParse(name).success).toBe(false);
  });
});

test('steps are counted by epochs over batches, or as they are limited', () => {
  const steps = (examples: number, config: object) => countSftSteps(examples, sftConfigSchema.parse(config));
  expect(steps(24, {})).toBe(3);
  expect(steps(25, { num_train_epochs: 1.5 })).toBe(6);
  expect(steps(25, { per_device_train_batch_size: 2, gradient_accumulation_steps: 4, num_train_epochs: 2 })).toBe(8);
  expect(steps(25, { max_steps: 7 })).toBe(7);
  expect(steps(25, { eval_split: 0.1 })).toBe(3);
  expect(steps(24, { eval_split: 0.34 })).toBe(2);
});
