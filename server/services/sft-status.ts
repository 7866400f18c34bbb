// The one way to change a supervised run's status.
import { eq } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { sftRuns } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { isSftActive, nextSftStatus, type SftEvent } from '../../domain/sft.ts';
import { notify } from './notify.ts';

type SftChange = Partial<Pick<typeof sftRuns.$inferInsert, 'resultModelId' | 'outcome' | 'error'>>;

/** Applies the event under a lock, stamps the times, stores `change` with it, and tells the pages. */
export async function applySftEvent(
  tx: Transaction,
  sftRunId: string,
  event: SftEvent,
  change: SftChange = {},
): Promise<typeof sftRuns.$inferSelect> {
  const [run] = await tx.select().from(sftRuns).where(eq(sftRuns.id, sftRunId)).for('update');
  if (!run) throw new AppError('NOT_FOUND', 'There is no such fine-tuning.');
  const status = nextSftStatus(run.status, event);
  if (!status) throw new AppError('CONFLICT', `The fine-tuning ${run.name} is ${run.status}: it cannot ${event} now.`);
  const now = new Date();
  const [updated] = await tx
    .update(sftRuns)
    .set({
      ...change,
      status,
      startedAt: run.startedAt ?? (event === 'train' ? now : null),
      finishedAt: isSftActive(status) ? null : now,
    })
    .where(eq(sftRuns.id, sftRunId))
    .returning();
  await notify(tx, 'sft', sftRunId);
  return updated ?? run;
}
