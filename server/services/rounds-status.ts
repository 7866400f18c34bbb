// The one way to change a round's status.
import { eq } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { rounds } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { nextRoundStatus, type RoundEvent } from '../../domain/rounds.ts';
import { notify } from './notify.ts';

type RoundChange = Partial<
  Pick<typeof rounds.$inferInsert, 'policyId' | 'error' | 'decidedAt' | 'decidedBy' | 'decisionNote'>
>;

/** Applies the event under a lock, stamps the times, stores `change` with it, and tells the pages. */
export async function applyRoundEvent(
  tx: Transaction,
  roundId: string,
  event: RoundEvent,
  change: RoundChange = {},
): Promise<typeof rounds.$inferSelect> {
  const [round] = await tx.select().from(rounds).where(eq(rounds.id, roundId)).for('update');
  if (!round) throw new AppError('NOT_FOUND', 'There is no such round.');
  const status = nextRoundStatus(round.status, event);
  if (!status) throw new AppError('CONFLICT', `Round ${round.number} is ${round.status}: it cannot ${event} now.`);
  const now = new Date();
  const ends = event === 'finish' || event === 'cancel' || event === 'fail';
  const [updated] = await tx
    .update(rounds)
    .set({
      ...change,
      status,
      startedAt: round.startedAt ?? (event === 'train' ? now : null),
      finishedAt: ends ? now : round.finishedAt,
    })
    .where(eq(rounds.id, roundId))
    .returning();
  await notify(tx, 'round', roundId);
  return updated ?? round;
}
