import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { standBack, urgently } from './turns.ts';

test('a job stands back while urgent work goes on, which does not wait for itself', async () => {
  await standBack();
  const order: string[] = [];
  const work = urgently(async () => {
    await sleep(20);
    await standBack();
    order.push('urgent');
  });
  await standBack();
  order.push('job');
  await work;
  expect(order).toEqual(['urgent', 'job']);
});

test('work that fails holds nobody up, and work that goes on for long no longer than its bound', async () => {
  await expect(urgently(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await standBack();
  let end: () => void = () => undefined;
  const endless = urgently(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const started = performance.now();
  await standBack();
  expect(performance.now() - started).toBeGreaterThan(1_900);
  end();
  await endless;
});
