// A round's life: the one place that knows which status may follow which.
export const roundStatuses = [
  'queued',
  'training',
  'evaluating',
  'finished',
  'promoted',
  'rejected',
  'cancelled',
  'failed',
] as const;
export type RoundStatus = (typeof roundStatuses)[number];

export type RoundEvent = 'train' | 'evaluate' | 'finish' | 'promote' | 'reject' | 'cancel' | 'fail';

const transitions: { [S in RoundStatus]: Partial<Record<RoundEvent, RoundStatus>> } = {
  queued: { train: 'training', cancel: 'cancelled', fail: 'failed' },
  // A worker that takes a killed one's job up again finds the round already training (or evaluating).
  training: { train: 'training', evaluate: 'evaluating', cancel: 'cancelled', fail: 'failed' },
  evaluating: { evaluate: 'evaluating', finish: 'finished', cancel: 'cancelled', fail: 'failed' },
  finished: { promote: 'promoted', reject: 'rejected' },
  promoted: {},
  rejected: {},
  cancelled: {},
  failed: {},
};

/** The status after `event`, or null where the event is not allowed. */
export function nextRoundStatus(status: RoundStatus, event: RoundEvent): RoundStatus | null {
  return transitions[status][event] ?? null;
}

/** Work on the round goes on or waits for a worker. */
export function isRoundActive(status: RoundStatus): boolean {
  return transitions[status].cancel !== undefined;
}

export const activeRoundStatuses: readonly RoundStatus[] = roundStatuses.filter(isRoundActive);
