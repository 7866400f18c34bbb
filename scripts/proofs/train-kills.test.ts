// The proof of scripts/proofs/train-kills.ts with few kills: the same command, the same checks.
import { expect, test } from 'vitest';
import { killTraining } from './train-kills.ts';

test('three training runs killed at random moments end as the one that nobody killed', async () => {
  const { moments, greatest_adapter_distance, greatest_curve_distance } = await killTraining(3, 7);
  expect(moments).toHaveLength(3);
  expect(greatest_adapter_distance).toBeLessThanOrEqual(1e-6);
  expect(greatest_curve_distance).toBeLessThanOrEqual(1e-6);
}, 300_000);
