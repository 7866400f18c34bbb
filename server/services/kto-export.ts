// Thumbs as KTO's data: a line per response, {prompt, completion, label}. Where several people judged a response the
// majority's word stands, and a reviewer's before all; where they are even, it says nothing.
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { prompts } from '../../db/schema/data.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import type { Thumbs } from '../../domain/annotation.ts';
import { toCompletion } from '../../domain/formats.ts';
import { majorityThumbs } from '../../domain/thumbs.ts';
import { isLiveRanking } from './projects.ts';
import { taskResponses } from './tasks.ts';

const pageSize = 200;

export async function* ktoChunks(db: Database, projectId: string): AsyncGenerator<string> {
  let last: string | undefined;
  for (;;) {
    const page = await db
      .selectDistinct({
        id: tasks.id,
        samplingId: tasks.samplingId,
        promptId: tasks.promptId,
        prompt: prompts.messages,
      })
      .from(tasks)
      .innerJoin(prompts, eq(prompts.id, tasks.promptId))
      .innerJoin(rankings, eq(rankings.taskId, tasks.id))
      .where(
        and(
          eq(tasks.projectId, projectId),
          eq(tasks.isGold, false),
          sql`${rankings.thumbs} is not null`,
          isLiveRanking(db),
          last ? gt(tasks.id, last) : undefined,
        ),
      )
      .orderBy(asc(tasks.id))
      .limit(pageSize);
    const end = page.at(-1);
    if (!end) return;
    const said = await thumbsOf(
      db,
      page.map(({ id }) => id),
    );
    for (const task of page) {
      const labels = majorityThumbs(said.filter(({ taskId }) => taskId === task.id));
      const answers = (await taskResponses(db, task)).sort((one, other) => one.ordinal - other.ordinal);
      const lines = answers.flatMap(({ id, text }) => {
        const label = labels.get(id);
        return label === undefined ? [] : [{ prompt: task.prompt, completion: toCompletion(task.prompt, text), label }];
      });
      if (lines.length > 0) yield lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    }
    last = end.id;
  }
}

async function thumbsOf(
  db: Database,
  taskIds: string[],
): Promise<{ taskId: string; isLastWord: boolean; thumbs: Thumbs }[]> {
  const rows = await db
    .select({
      taskId: rankings.taskId,
      isLastWord: sql<boolean>`${rankings.kind} = 'adjudication'`,
      thumbs: rankings.thumbs,
    })
    .from(rankings)
    .where(and(inArray(rankings.taskId, taskIds), isLiveRanking(db)));
  return rows.flatMap(({ thumbs, ...row }) => (thumbs ? [{ ...row, thumbs }] : []));
}
