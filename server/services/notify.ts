// Tells every process that something changed; delivered when the transaction commits. A change names its project, so
// that its members hear of it and nobody else.
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Queryable } from '../../db/client.ts';

export const changeChannel = 'rankloop_changes';

/** Whose project a topic's id belongs to; null: no project's, so that installation admins alone hear of it. */
const projectOf = {
  job: (id) => sql`(select project_id from job_runs where id = ${id}::uuid)`,
  round: (id) => sql`(select project_id from rounds where id = ${id}::uuid)`,
  sft: () => sql`null::uuid`,
  task: (id) => sql`(select project_id from tasks where id = ${id}::uuid)`,
  /** A project's own settings, guidelines, people or prompts. */
  project: (id) => sql`${id}::uuid`,
} as const satisfies Record<string, (id: string) => SQL>;

export type Topic = keyof typeof projectOf;
const topics = Object.keys(projectOf) as [Topic, ...Topic[]];

const changeSchema = z.object({ topic: z.enum(topics), id: z.string(), projectId: z.string().nullable() });
export type Change = z.infer<typeof changeSchema>;

export async function notify(tx: Queryable, topic: Topic, id: string): Promise<void> {
  await tx.execute(
    sql`select pg_notify(${changeChannel},
      json_build_object('topic', ${topic}::text, 'id', ${id}::text, 'projectId', ${projectOf[topic](id)})::text)`,
  );
}

export function parseChange(payload: string | undefined): Change | null {
  if (!payload) return null;
  const parsed = changeSchema.safeParse(JSON.parse(payload));
  return parsed.success ? parsed.data : null;
}
