// Prompts in lists: found by a filter, in pages whose cost does not grow with how far one has read.
import { and, asc, count, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { batches, prompts } from '../../db/schema/data.ts';
import type { PromptFilter, PromptOrder, PromptStatus } from '../../domain/prompt-filter.ts';
import { toPage } from './prompts.ts';

/** What its newest responses wait for. */
const newestStatus = sql<Exclude<PromptStatus, 'none'> | null>`(select t.status from tasks t
  where t.prompt_id = ${prompts}.id order by t.created_at desc, t.id limit 1)`;

const hasTask = (condition: SQL) =>
  sql`exists (select 1 from tasks t where t.prompt_id = ${prompts}.id and ${condition})`;
const isFlaggedTask = sql`(exists (select 1 from rankings r where r.task_id = t.id and r.flags <> '[]'
    and not exists (select 1 from ranking_retractions x where x.ranking_id = r.id))
  or exists (select 1 from leases l where l.task_id = t.id and l.flags <> '[]'))`;
const hasResponses = sql`exists (select 1 from responses r where r.prompt_id = ${prompts}.id)`;

const asked = (wanted: boolean | undefined, condition: SQL): SQL | undefined =>
  wanted === undefined ? undefined : wanted ? condition : sql`not ${condition}`;

/** `%` and `_` stand for themselves. */
const containing = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export function matchesFilter(projectId: string, filter: PromptFilter): SQL | undefined {
  const { search, split, status, tag, language, qualification, batchId, priority, heldBy } = filter;
  return and(
    eq(prompts.projectId, projectId),
    split && eq(prompts.split, split),
    batchId ? eq(prompts.batchId, batchId) : undefined,
    priority === undefined ? undefined : eq(prompts.priority, priority),
    tag === undefined ? undefined : sql`${tag} = any(${prompts.tags})`,
    qualification === undefined ? undefined : sql`${qualification} = any(${prompts.qualifications})`,
    language === undefined ? undefined : sql`${prompts.language} is not distinct from ${language}`,
    search
      ? sql`exists (select 1 from jsonb_array_elements(${prompts.messages}) m where m->>'content' ilike ${containing(search)})`
      : undefined,
    status && (status === 'none' ? sql`not ${hasTask(sql`true`)}` : sql`${newestStatus} = ${status}`),
    asked(filter.isFlagged, hasTask(isFlaggedTask)),
    asked(filter.isGold, hasTask(sql`t.is_gold`)),
    asked(filter.isPaused, hasTask(sql`t.is_paused`)),
    asked(filter.hasResponses, hasResponses),
    heldBy
      ? hasTask(
          sql`exists (select 1 from leases l where l.task_id = t.id and l.user_id = ${heldBy} and l.closed_at is null)`,
        )
      : undefined,
  );
}

const orders: { [O in PromptOrder]: { by: SQL[]; after: (cursor: string) => SQL } } = {
  oldest: {
    by: [asc(prompts.createdAt), asc(prompts.id)],
    after: (cursor) =>
      sql`(${prompts.createdAt}, ${prompts.id}) > (select created_at, id from prompts where id = ${cursor})`,
  },
  newest: {
    by: [desc(prompts.createdAt), desc(prompts.id)],
    after: (cursor) =>
      sql`(${prompts.createdAt}, ${prompts.id}) < (select created_at, id from prompts where id = ${cursor})`,
  },
  priority: {
    by: [desc(prompts.priority), asc(prompts.createdAt), asc(prompts.id)],
    after: (cursor) =>
      sql`(-${prompts.priority}, ${prompts.createdAt}, ${prompts.id}) > (select -priority, created_at, id from prompts where id = ${cursor})`,
  },
};

export interface ListPrompts extends PromptFilter {
  projectId: string;
  order?: PromptOrder | undefined;
  cursor?: string | undefined;
  limit: number;
}

const previewLength = 300;

export async function listPrompts(
  db: Queryable,
  { projectId, order = 'oldest', cursor, limit, ...filter }: ListPrompts,
) {
  const { by, after } = orders[order];
  // First which, then what: the columns below are looked up for one page, not for all that match.
  const page = db
    .select({ id: prompts.id })
    .from(prompts)
    .where(and(matchesFilter(projectId, filter), cursor ? after(cursor) : undefined))
    .orderBy(...by)
    .limit(limit + 1)
    .as('page');
  const rows = await db
    .select({
      id: prompts.id,
      /** How its last message begins. */
      preview: sql<string>`left(${prompts.messages}->-1->>'content', ${previewLength})`,
      turns: sql<number>`jsonb_array_length(${prompts.messages})`,
      split: prompts.split,
      persona: prompts.persona,
      tags: prompts.tags,
      language: prompts.language,
      qualifications: prompts.qualifications,
      priority: prompts.priority,
      batch: batches.name,
      responseCount: sql<number>`(select count(*)::int from responses where responses.prompt_id = ${prompts}.id
        and responses.edited_from_id is null)`,
      taskStatus: newestStatus,
      isFlagged: sql<boolean>`${hasTask(isFlaggedTask)}`,
      isGold: sql<boolean>`${hasTask(sql`t.is_gold`)}`,
      isPaused: sql<boolean>`${hasTask(sql`t.is_paused`)}`,
    })
    .from(prompts)
    .innerJoin(page, eq(page.id, prompts.id))
    .leftJoin(batches, eq(batches.id, prompts.batchId))
    .orderBy(...by);
  return toPage(rows, limit);
}

/** How many a filter finds. */
export async function countPrompts(db: Queryable, { projectId, ...filter }: PromptFilter & { projectId: string }) {
  const [found] = await db.select({ count: count() }).from(prompts).where(matchesFilter(projectId, filter));
  return found?.count ?? 0;
}

const mostChoices = 200;

/** What there is to filter by in a project. */
export async function promptChoices(db: Queryable, { projectId }: { projectId: string }) {
  const each = async (column: typeof prompts.tags | typeof prompts.qualifications) => {
    const value = sql<string>`value`;
    const rows = await db.execute<{ value: string }>(
      sql`select distinct ${value} from ${prompts}, unnest(${column}) as value
          where ${prompts.projectId} = ${projectId} order by 1 limit ${mostChoices}`,
    );
    return rows.rows.map((row) => row.value);
  };
  const ofProject = eq(prompts.projectId, projectId);
  const [tags, qualifications, languages, priorities, known] = await Promise.all([
    each(prompts.tags),
    each(prompts.qualifications),
    db.selectDistinct({ language: prompts.language }).from(prompts).where(ofProject).orderBy(asc(prompts.language)),
    db.selectDistinct({ priority: prompts.priority }).from(prompts).where(ofProject).orderBy(desc(prompts.priority)),
    db
      .select({ id: batches.id, name: batches.name })
      .from(batches)
      .where(eq(batches.projectId, projectId))
      .orderBy(desc(batches.createdAt))
      .limit(mostChoices),
  ]);
  return {
    tags,
    qualifications,
    languages: languages.flatMap(({ language }) => language ?? []),
    priorities: priorities.map(({ priority }) => priority),
    batches: known,
  };
}
