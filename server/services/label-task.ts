// A task as the label page shows it: the prompt as the policy read it, and the responses, shuffled and blind.
import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import type { Annotation } from '../../domain/annotation.ts';
import { conditioned } from '../../domain/conditional.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import type { HeldLease } from './leases.ts';

export interface ShownTask {
  taskId: string;
  /** As the policy read it: with what the sampling rendered into it. */
  prompt: ChatMessage[];
  /** In the order shown; without any hint of their policy. */
  responses: { id: string; text: string }[];
  /** What this person said before: after an undo, or where a reviewer gave the task back. */
  annotation: Annotation | null;
}

export interface LabelTask extends ShownTask {
  leaseId: string;
  expiresAt: Date;
  /** Why a reviewer gave it back. */
  note: string | null;
  /** Its right ranking is known, and is told after the answer. */
  isOnboarding: boolean;
}

/** Prompts and responses of tasks, each in an order of its own. */
async function showTasks(
  db: Queryable,
  asked: readonly { taskId: string; shownOrder: number[] }[],
): Promise<Map<string, Omit<ShownTask, 'annotation'> & { isOnboarding: boolean }>> {
  const rows = await db
    .select({
      taskId: tasks.id,
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: samplings.conditions,
      goldUse: goldTasks.use,
      response: { id: responses.id, ordinal: responses.ordinal, text: responses.text },
    })
    .from(tasks)
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .innerJoin(
      responses,
      and(
        eq(responses.samplingId, tasks.samplingId),
        eq(responses.promptId, tasks.promptId),
        isNull(responses.editedFromId),
      ),
    )
    .leftJoin(goldTasks, eq(goldTasks.taskId, tasks.id))
    .where(
      inArray(
        tasks.id,
        asked.map(({ taskId }) => taskId),
      ),
    );
  return new Map(
    asked.map(({ taskId, shownOrder }) => {
      const own = rows.filter((row) => row.taskId === taskId);
      const [first] = own;
      if (!first) throw new Error(`task ${taskId} has no responses`);
      const byOrdinal = new Map(own.map(({ response: { id, ordinal, text } }) => [ordinal, { id, text }]));
      const prompt = conditioned(first.prompt, first.stated, first.conditions);
      const shown = shownOrder.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
      return [taskId, { taskId, prompt, responses: shown, isOnboarding: first.goldUse === 'onboarding' }];
    }),
  );
}

/** Leases as the page takes them, in their order. */
export async function describeLeases(db: Queryable, held: readonly HeldLease[]): Promise<LabelTask[]> {
  if (held.length === 0) return [];
  const shown = await showTasks(db, held);
  return Promise.all(
    held.map(async (lease) => {
      const task = shown.get(lease.taskId);
      if (!task) throw new Error(`lease ${lease.id} has no task`);
      return {
        ...task,
        leaseId: lease.id,
        expiresAt: lease.expiresAt,
        note: lease.note,
        annotation: lease.note === null ? null : await newestAnnotation(db, lease),
      };
    }),
  );
}

/** A ranking as its author sees it again, in the order in which they saw it. */
export async function describeRanking(
  db: Queryable,
  ranking: typeof rankings.$inferSelect,
): Promise<ShownTask & { annotation: Annotation }> {
  const shown = (await showTasks(db, [ranking])).get(ranking.taskId);
  if (!shown) throw new Error(`ranking ${ranking.id} has no task`);
  const { taskId, prompt, responses: answers } = shown;
  return { taskId, prompt, responses: answers, annotation: await annotationOf(db, ranking) };
}

async function newestAnnotation(db: Queryable, lease: HeldLease): Promise<Annotation | null> {
  const [newest] = await db
    .select()
    .from(rankings)
    .where(and(eq(rankings.taskId, lease.taskId), eq(rankings.userId, lease.userId)))
    .orderBy(desc(rankings.createdAt), desc(rankings.id))
    .limit(1);
  return newest ? annotationOf(db, newest) : null;
}

/** What was said, as it was submitted. */
export async function annotationOf(db: Queryable, ranking: typeof rankings.$inferSelect): Promise<Annotation> {
  const { tiers, overall, thumbs, strength, ratings, flags, rationale, editedResponseId } = ranking;
  const [edited] = editedResponseId ? await db.select().from(responses).where(eq(responses.id, editedResponseId)) : [];
  const edit = edited?.editedFromId ? { responseId: edited.editedFromId, text: edited.text } : null;
  return { tiers, overall, thumbs, strength, ratings, flags, rationale, edit };
}
