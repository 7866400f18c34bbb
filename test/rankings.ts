// Rankings for tests, as submitting stores them: tiers of ordinals, and the task counted anew.
import { eq } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { rankings, tasks } from '../db/schema/labelling.ts';
import { recountTask, taskResponses } from '../server/services/tasks.ts';

type Extra = Partial<typeof rankings.$inferInsert>;

/** The response ids of a task by ordinal. */
export async function responseIds(db: Database, taskId: string): Promise<string[]> {
  const [task] = await db.select().from(tasks).where(eq(tasks.id, taskId));
  if (!task) throw new Error('no such task');
  const rows = await taskResponses(db, task);
  return rows.sort((one, other) => one.ordinal - other.ordinal).map(({ id }) => id);
}

export async function toTiers(db: Database, taskId: string, tiers: number[][]): Promise<string[][]> {
  const ids = await responseIds(db, taskId);
  return tiers.map((tier) => tier.map((ordinal) => ids[ordinal] ?? ''));
}

export async function addRanking(
  db: Database,
  taskId: string,
  userId: string,
  tiers: number[][],
  extra: Extra = {},
): Promise<string> {
  const stored = await toTiers(db, taskId, tiers);
  return db.transaction(async (tx) => {
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId)).for('update');
    if (!task) throw new Error('no such task');
    const shownOrder = (await taskResponses(tx, task)).map(({ ordinal }) => ordinal).sort();
    const [made] = await tx
      .insert(rankings)
      .values({
        taskId,
        userId,
        tiers: stored,
        shownOrder,
        submissionId: crypto.randomUUID(),
        durationMs: 9_000,
        ...extra,
      })
      .returning({ id: rankings.id });
    await recountTask(tx, task);
    if (!made) throw new Error('insert into rankings returned no row');
    return made.id;
  });
}
