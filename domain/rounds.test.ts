import { expect, test } from 'vitest';
import { activeRoundStatuses, isRoundActive, nextRoundStatus, type RoundEvent, roundStatuses } from './rounds.ts';

test('a round goes from queued to a decision', () => {
  const events: RoundEvent[] = ['train', 'train', 'evaluate', 'evaluate', 'finish', 'promote'];
  let status: (typeof roundStatuses)[number] = 'queued';
  for (const event of events) {
    const next = nextRoundStatus(status, event);
    expect(next, `${status} + ${event}`).not.toBeNull();
    status = next ?? status;
  }
  expect(status).toBe('promoted');
});

test('only running rounds can be cancelled or fail, and nothing follows an end', () => {
  expect(activeRoundStatuses).toEqual(['queued', 'training', 'evaluating']);
  for (const status of roundStatuses) {
    expect(nextRoundStatus(status, 'fail') !== null).toBe(isRoundActive(status));
  }
  for (const status of ['promoted', 'rejected', 'cancelled', 'failed'] as const) {
    for (const event of ['train', 'evaluate', 'finish', 'promote', 'reject', 'cancel', 'fail'] as const) {
      expect(nextRoundStatus(status, event)).toBeNull();
    }
  }
});

test('a round cannot be decided before it is evaluated', () => {
  expect(nextRoundStatus('training', 'promote')).toBeNull();
  expect(nextRoundStatus('evaluating', 'promote')).toBeNull();
  expect(nextRoundStatus('queued', 'finish')).toBeNull();
});
