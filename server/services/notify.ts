// Tells every process that something changed; delivered when the transaction commits.
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Queryable } from '../../db/client.ts';

export const changeChannel = 'rankloop_changes';

const changeSchema = z.object({ topic: z.enum(['job', 'round', 'sft', 'task']), id: z.string() });
export type Change = z.infer<typeof changeSchema>;

export async function notify(tx: Queryable, topic: Change['topic'], id: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${changeChannel}, ${JSON.stringify({ topic, id })})`);
}

export function parseChange(payload: string | undefined): Change | null {
  if (!payload) return null;
  const parsed = changeSchema.safeParse(JSON.parse(payload));
  return parsed.success ? parsed.data : null;
}
