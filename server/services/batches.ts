// What came in together: the list of imports, one of them with its report, and what an admin may change of it later.
import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { batches, prompts } from '../../db/schema/data.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { emptyReport, type ImportReport, importReportSchema } from '../../domain/imports/report.ts';
import { notify } from './notify.ts';
import { lockProject } from './projects.ts';

/** The newest first, each with what of it is ranked by now. */
export async function listBatches(db: Queryable, params: { projectId: string; limit?: number | undefined }) {
  const ofBatch = (status?: 'ranked') =>
    sql<number>`(select count(*)::int from ${tasks} where ${tasks.batchId} = ${batches.id}
      ${status ? sql`and ${tasks.status} = ${status}` : sql``})`;
  const rows = await db
    .select({
      id: batches.id,
      name: batches.name,
      format: batches.format,
      priority: batches.priority,
      isPaused: batches.isPaused,
      createdAt: batches.createdAt,
      createdBy: user.name,
      report: batches.report,
      prompts: sql<number>`(select count(*)::int from ${prompts} where ${prompts.batchId} = ${batches.id})`,
      tasks: ofBatch(),
      ranked: ofBatch('ranked'),
    })
    .from(batches)
    .leftJoin(user, eq(user.id, batches.createdBy))
    .where(eq(batches.projectId, params.projectId))
    .orderBy(desc(batches.createdAt), desc(batches.id))
    .limit(params.limit ?? 200);
  return rows.map(({ report, ...row }) => ({ ...row, report: readReport(report) }));
}

/** A report as an earlier version kept it may lack figures. */
const readReport = (stored: unknown): ImportReport =>
  importReportSchema.safeParse({ ...emptyReport(), ...(stored as object) }).data ?? emptyReport();

export async function getBatch(db: Queryable, params: { projectId: string; batchId: string }) {
  const [row] = await db
    .select({ batch: batches, createdBy: user.name })
    .from(batches)
    .leftJoin(user, eq(user.id, batches.createdBy))
    .where(and(eq(batches.id, params.batchId), eq(batches.projectId, params.projectId)));
  if (!row) throw unknownBatch();
  const [held] = await db.select({ prompts: count() }).from(prompts).where(eq(prompts.batchId, row.batch.id));
  return {
    ...row.batch,
    report: readReport(row.batch.report),
    createdBy: row.createdBy,
    prompts: held?.prompts ?? 0,
  };
}

export interface ChangeBatch {
  projectId: string;
  batchId: string;
  isPaused?: boolean | undefined;
  priority?: number | undefined;
}

/** Pauses or resumes what came in together, or moves it forward or back: the batch, its prompts and its tasks alike. */
export async function changeBatch(
  db: Database,
  { projectId, batchId, isPaused, priority }: ChangeBatch,
): Promise<void> {
  if (isPaused === undefined && priority === undefined) return;
  await db.transaction(async (tx) => {
    // As other changes of many prompts at once do, so that two of them never wait for one another.
    await lockProject(tx, projectId);
    const [changed] = await tx
      .update(batches)
      .set({ isPaused, priority })
      .where(and(eq(batches.id, batchId), eq(batches.projectId, projectId)))
      .returning({ id: batches.id });
    if (!changed) throw unknownBatch();
    await tx.update(tasks).set({ isPaused, priority }).where(eq(tasks.batchId, batchId));
    if (priority !== undefined) await tx.update(prompts).set({ priority }).where(eq(prompts.batchId, batchId));
    await notify(tx, 'project', projectId);
  });
}

const unknownBatch = () => new AppError('NOT_FOUND', 'There is no such import in this project.');
