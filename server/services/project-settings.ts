// A project's own settings: how its tasks are ranked, by how many, and whether they are at all just now. Questions may
// change at any time: rankings keep what was asked of them.
import { and, asc, desc, eq, ne, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { prompts } from '../../db/schema/data.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { projects } from '../../db/schema/project.ts';
import type { LabelSettings } from '../../domain/label-settings.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import { notify } from './notify.ts';
import { lockProject, requireProject } from './projects.ts';
import { taskResponses } from './tasks.ts';

export interface ProjectSettings {
  name: string;
  overlap: number;
  isPaused: boolean;
  isClosed: boolean;
  labelling: LabelSettings;
}

const openTask = (projectId: string) =>
  and(eq(tasks.projectId, projectId), eq(tasks.status, 'open'), eq(tasks.isGold, false));

export async function getProjectSettings(db: Queryable, params: { projectId: string }) {
  const project = await requireProject(db, params.projectId);
  const covered = await db
    .select({ people: tasks.covered, tasks: sql<number>`count(*)::int` })
    .from(tasks)
    .where(openTask(project.id))
    .groupBy(tasks.covered)
    .orderBy(asc(tasks.covered));
  const settings: ProjectSettings = {
    name: project.name,
    overlap: project.overlap,
    isPaused: project.isPaused,
    isClosed: project.rankingsClosedAt !== null,
    labelling: readLabelSettings(project.labelling),
  };
  return {
    settings,
    closedAt: project.rankingsClosedAt,
    /** Open tasks by how many people have ranked or hold them: what a change of the overlap meets. */
    covered,
  };
}

/** Stores all of it. A new overlap holds for open tasks; `kept` of them have more people already, and keep them. */
export async function saveProjectSettings(
  db: Database,
  { projectId, ...settings }: ProjectSettings & { projectId: string },
): Promise<{ kept: number }> {
  return db.transaction(async (tx) => {
    const project = await lockProject(tx, projectId);
    const { name, overlap, isPaused, isClosed, labelling } = settings;
    await tx
      .update(projects)
      .set({
        name,
        overlap,
        isPaused,
        labelling,
        // Closing again keeps the day on which it was closed.
        rankingsClosedAt: isClosed ? (project.rankingsClosedAt ?? new Date()) : null,
      })
      .where(eq(projects.id, projectId));
    const kept = overlap === project.overlap ? 0 : await applyOverlap(tx, projectId, overlap);
    await notify(tx, 'project', projectId);
    return { kept };
  });
}

/**
 * An open task is asked of `overlap` people from now on, or of those who have ranked or hold it already where they are
 * more: nobody's work is thrown away. It ends where all of them have ranked.
 */
async function applyOverlap(tx: Transaction, projectId: string, overlap: number): Promise<number> {
  // Whoever changes a task's rankings or leases holds its row, so that what is counted below stands still.
  await tx.select({ id: tasks.id }).from(tasks).where(openTask(projectId)).orderBy(asc(tasks.id)).for('update');
  const target = sql`greatest(${overlap}, ${tasks.covered})`;
  const held = sql`(select count(*) from leases where leases.task_id = ${tasks}.id and leases.closed_at is null)`;
  const changed = await tx
    .update(tasks)
    .set({
      overlap: sql`${target}`,
      status: sql`case when ${tasks.covered} - ${held} >= ${target} then 'ranked' else 'open' end`,
    })
    .where(and(openTask(projectId), ne(tasks.overlap, overlap)))
    .returning({ overlap: tasks.overlap });
  return changed.filter((task) => task.overlap > overlap).length;
}

/** A real task to try the settings on; null before the first sampling. */
export async function findSampleTask(db: Queryable, params: { projectId: string }) {
  const [task] = await db
    .select({ samplingId: tasks.samplingId, promptId: tasks.promptId, prompt: prompts.messages })
    .from(tasks)
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .where(and(eq(tasks.projectId, params.projectId), eq(tasks.isGold, false)))
    .orderBy(desc(tasks.createdAt), desc(tasks.id))
    .limit(1);
  if (!task) return null;
  const answers = await taskResponses(db, task);
  return {
    prompt: task.prompt,
    responses: answers.sort((one, other) => one.ordinal - other.ordinal).map(({ id, text }) => ({ id, text })),
  };
}
