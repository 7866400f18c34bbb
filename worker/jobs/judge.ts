// Lets a judge rank open tasks. Every call is stored; only a verdict that could be read becomes a ranking, and a
// person who holds the task at that moment comes first.
import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray, isNull, notExists, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { judgements, rankings, tasks } from '../../db/schema/labelling.ts';
import { judges } from '../../db/schema/project.ts';
import { conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import type { Judge, Verdict } from '../../domain/judging.ts';
import { mixSeed } from '../../domain/random.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { notify } from '../../server/services/notify.ts';
import { isFreeTask } from '../../server/services/projects.ts';
import { lockTask } from '../../server/services/tasks.ts';
import type { JobContext, JobHandler } from '../context.ts';
import { inParallel, judgeConcurrency, openJudgeOf } from '../open-judge.ts';

interface OpenTask {
  id: string;
  /** As the policy read it. */
  prompt: ChatMessage[];
  promptHash: string;
  /** By ordinal. */
  responses: { id: string; ordinal: number; text: string }[];
}

export const judge: JobHandler<'judge'> = async ({ judgeId, taskIds }, context) => {
  const [row] = await context.db.select().from(judges).where(eq(judges.id, judgeId));
  if (!row) throw new AppError('NOT_FOUND', 'The judge does not exist any more.');
  const ask = await openJudgeOf(row, context, 'listwise');
  const remaining = await findUnjudged(context, judgeId, taskIds);
  let done = taskIds.length - remaining.length;
  let unreadable = 0;
  await inParallel(remaining, judgeConcurrency[row.kind], async (taskId) => {
    const task = await findOpenTask(context, taskId);
    const verdict = task ? await askAbout(ask, task, context) : null;
    done += 1;
    if (verdict && !verdict.tiers) unreadable += 1;
    await context.write(async (tx) => {
      if (task && verdict) await storeVerdict(tx, judgeId, task, verdict);
      const message = unreadable > 0 ? `${unreadable} of the judge's answers held no verdict.` : undefined;
      await context.progress(tx, { done, ...(message ? { message } : {}) });
    });
  });
  await context.write(async (tx) => {
    await context.finish(tx);
    if (taskIds[0]) await notify(tx, 'task', taskIds[0]);
  });
};

/** The tasks that this job has not asked about yet: a killed worker's successor must not ask twice. */
async function findUnjudged(context: JobContext, judgeId: string, taskIds: string[]): Promise<string[]> {
  const asked = context.db
    .select({ one: sql`1` })
    .from(judgements)
    .innerJoin(jobRuns, eq(jobRuns.id, context.jobRunId))
    .where(
      and(
        eq(judgements.taskId, tasks.id),
        eq(judgements.judgeId, judgeId),
        sql`${judgements.createdAt} >= ${jobRuns.createdAt}`,
      ),
    );
  const rows = await context.db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(inArray(tasks.id, taskIds), eq(tasks.status, 'open'), notExists(asked)))
    .orderBy(asc(tasks.createdAt), asc(tasks.id));
  return rows.map(({ id }) => id);
}

async function findOpenTask(context: JobContext, taskId: string): Promise<OpenTask | null> {
  const rows = await context.db
    .select({
      status: tasks.status,
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: samplings.conditions,
      promptHash: prompts.contentHash,
      id: responses.id,
      ordinal: responses.ordinal,
      text: responses.text,
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
    .where(eq(tasks.id, taskId))
    .orderBy(asc(responses.ordinal));
  const [first] = rows;
  if (first?.status !== 'open') return null;
  return {
    id: taskId,
    prompt: conditioned(first.prompt, first.stated, first.conditions),
    promptHash: first.promptHash,
    responses: rows.map(({ id, ordinal, text }) => ({ id, ordinal, text })),
  };
}

function askAbout(ask: Judge, task: OpenTask, context: JobContext): Promise<Verdict> {
  const request = { prompt: task.prompt, responses: task.responses.map(({ text }) => text) };
  return ask(request, { seed: mixSeed(0, task.promptHash), signal: context.signal });
}

async function storeVerdict(tx: Transaction, judgeId: string, task: OpenTask, verdict: Verdict): Promise<void> {
  const responseOf = (index: number) => {
    const response = task.responses[index];
    if (!response) throw new Error(`the judge named response ${index} of ${task.responses.length}`);
    return response;
  };
  const shownOrder = verdict.shownOrder.map((index) => responseOf(index).ordinal);
  const tiers = verdict.tiers?.map((tier) => tier.map((index) => responseOf(index).id)) ?? null;
  const scores = verdict.scores
    ? Object.fromEntries(verdict.scores.map((score, index) => [responseOf(index).id, score]))
    : null;
  const said = { taskId: task.id, judgeId, shownOrder, verdict: verdict.verdict, scores };
  await tx.insert(judgements).values({ ...said, tiers });
  if (!tiers) return;
  await lockTask(tx, task.id);
  const [free] = await tx
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(eq(tasks.id, task.id), isFreeTask));
  if (!free) return;
  await tx.insert(rankings).values({ ...said, tiers, submissionId: randomUUID() });
  await tx.update(tasks).set({ status: 'ranked' }).where(eq(tasks.id, task.id));
}
