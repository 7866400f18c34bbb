// The demo project for tests, and responses to its prompts without a model.
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { prompts, responses, samplings } from '../db/schema/data.ts';
import { projects } from '../db/schema/project.ts';
import { seedDatabase } from '../db/seed.ts';
import { openTasks } from '../server/services/tasks.ts';

export async function seedDemo(db: Database): Promise<typeof projects.$inferSelect> {
  await seedDatabase(db);
  const [project] = await db.select().from(projects);
  if (!project) throw new Error('the seed made no project');
  return project;
}

/** Open tasks on the first train prompts: `n` made-up responses each, as the worker would have stored them. */
export async function addTasks(db: Database, projectId: string, count: number, n = 3): Promise<string[]> {
  return db.transaction(async (tx) => {
    const [project] = await tx.select().from(projects).where(eq(projects.id, projectId));
    const policyId = project?.currentPolicyId;
    if (!project || !policyId) throw new Error('no such project');
    const [sampling] = await tx
      .insert(samplings)
      .values({ projectId, policyId, purpose: 'label', n, config: project.sampling, seed: 1 })
      .returning();
    if (!sampling) throw new Error('insert into samplings returned no row');
    const rows = await tx
      .select({ id: prompts.id })
      .from(prompts)
      .where(sql`${prompts.projectId} = ${projectId} and ${prompts.split} = 'train'`)
      .orderBy(prompts.createdAt)
      .limit(count);
    await tx.insert(responses).values(
      rows.flatMap(({ id }) =>
        Array.from({ length: n }, (_, ordinal) => ({
          samplingId: sampling.id,
          promptId: id,
          policyId,
          ordinal,
          text: `Response ${ordinal} to ${id}`,
          tokenIds: [5, 6, ordinal + 7],
          finishReason: 'stop' as const,
          logp: -3,
          seed: 1,
        })),
      ),
    );
    const made = await openTasks(tx, { samplingId: sampling.id, promptIds: rows.map(({ id }) => id) });
    return made.map(({ id }) => id);
  });
}
