// One act on many prompts at once: those that cannot take it stay as they are, and are counted with the reason.
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { promptHash } from '../../db/prompts.ts';
import { prompts } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { AppError } from '../../domain/errors.ts';
import {
  type BulkAction,
  type BulkOutcome,
  type BulkRefusal,
  changedTags,
  type PromptSelection,
} from '../../domain/prompt-filter.ts';
import { assignTasks, withdrawTasks } from './assign.ts';
import { notify } from './notify.ts';
import { lockProject } from './projects.ts';
import { matchesFilter } from './prompt-list.ts';

interface Scope {
  projectId: string;
  promptIds: string[];
}

export interface ChangePrompts {
  projectId: string;
  selection: PromptSelection;
  action: BulkAction;
}

export async function changePrompts(db: Database, actor: { id: string }, input: ChangePrompts): Promise<BulkOutcome> {
  const { action } = input;
  if (action.kind === 'assign' || action.kind === 'withdraw') return moveTasks(db, actor, input, action);
  return db.transaction(async (tx) => {
    // The lock keeps samplings and rounds, which take prompts too, from starting meanwhile.
    await lockProject(tx, input.projectId);
    const scope = { projectId: input.projectId, promptIds: await lockSelected(tx, input) };
    const outcome = await change(tx, scope, action);
    await notify(tx, 'project', input.projectId);
    return outcome;
  });
}

function isSelected({ projectId, selection }: ChangePrompts): SQL | undefined {
  if ('filter' in selection) return matchesFilter(projectId, selection.filter);
  return and(eq(prompts.projectId, projectId), inArray(prompts.id, selection.promptIds));
}

/** The prompts, then their tasks, in the order in which everybody locks several of them. */
async function lockSelected(tx: Transaction, input: ChangePrompts): Promise<string[]> {
  const rows = await tx
    .select({ id: prompts.id })
    .from(prompts)
    .where(isSelected(input))
    .orderBy(asc(prompts.id))
    .for('update');
  const ids = rows.map(({ id }) => id);
  await tx.select({ id: tasks.id }).from(tasks).where(among(tasks.promptId, ids)).orderBy(asc(tasks.id)).for('update');
  return ids;
}

/** As one parameter: a statement takes 65,535 of them. */
const among = (column: typeof prompts.id | typeof tasks.promptId, ids: string[]) =>
  sql`${column} = any(${sql.param(ids)}::uuid[])`;

type Change = Exclude<BulkAction, { kind: 'assign' | 'withdraw' }>;

async function change(tx: Transaction, scope: Scope, action: Change): Promise<BulkOutcome> {
  switch (action.kind) {
    case 'priority':
      return setOnBoth(tx, scope, { priority: action.priority });
    case 'language':
      return setOnBoth(tx, scope, { language: action.language });
    case 'qualifications':
      return setOnBoth(tx, scope, { qualifications: action.qualifications });
    case 'tags':
      return changeTags(tx, scope, action);
    case 'pause':
      return pauseTasks(tx, scope, action.isPaused);
    case 'split':
      return moveToSplit(tx, scope, action.split);
    case 'delete':
      return deletePrompts(tx, scope);
  }
}

const all = (changed: number): BulkOutcome => ({ changed, refused: [] });

/** A task has these from its prompt, and what is changed on one is changed on both. */
async function setOnBoth(
  tx: Transaction,
  { promptIds }: Scope,
  values: { priority: number } | { language: string | null } | { qualifications: string[] },
): Promise<BulkOutcome> {
  await tx.update(prompts).set(values).where(among(prompts.id, promptIds));
  await tx.update(tasks).set(values).where(among(tasks.promptId, promptIds));
  return all(promptIds.length);
}

async function pauseTasks(tx: Transaction, { promptIds }: Scope, isPaused: boolean): Promise<BulkOutcome> {
  const changed = await tx
    .update(tasks)
    .set({ isPaused })
    .where(and(among(tasks.promptId, promptIds), eq(tasks.status, 'open')))
    .returning({ id: tasks.id });
  return all(changed.length);
}

/** Those for which `why` gives no reason, and the others counted by theirs. */
async function partition(
  tx: Transaction,
  { promptIds }: Scope,
  why: SQL<BulkRefusal | null>,
): Promise<{ free: string[]; refused: BulkOutcome['refused'] }> {
  const rows = await tx.select({ id: prompts.id, reason: why }).from(prompts).where(among(prompts.id, promptIds));
  return {
    free: rows.flatMap(({ id, reason }) => (reason ? [] : [id])),
    refused: countReasons(rows.flatMap(({ reason }) => reason ?? [])),
  };
}

function countReasons(reasons: BulkRefusal[]): BulkOutcome['refused'] {
  return [...new Set(reasons)].map((reason) => ({ reason, count: reasons.filter((one) => one === reason).length }));
}

/** What was sampled to be ranked may teach, so that it must not evaluate as well. */
async function moveToSplit(tx: Transaction, scope: Scope, split: 'train' | 'heldout'): Promise<BulkOutcome> {
  const sampled = sql<BulkRefusal | null>`case when ${split} = 'heldout' and (
      exists (select 1 from tasks t where t.prompt_id = ${prompts}.id)
      or exists (select 1 from sampling_prompts c join samplings s on s.id = c.sampling_id
        where c.prompt_id = ${prompts}.id and s.purpose = 'label')) then 'sampled' end`;
  const { free, refused } = await partition(tx, scope, sampled);
  await tx.update(prompts).set({ split }).where(among(prompts.id, free));
  return { changed: free.length, refused };
}

/** Only what nobody has said anything of: rankings and evaluations are facts. */
async function deletePrompts(tx: Transaction, scope: Scope): Promise<BulkOutcome> {
  const [job] = await tx
    .select({ id: jobRuns.id })
    .from(jobRuns)
    .where(and(eq(jobRuns.projectId, scope.projectId), inArray(jobRuns.status, ['queued', 'running'])))
    .limit(1);
  if (job) {
    throw new AppError(
      'CONFLICT',
      'A job is at work in this project, perhaps on these prompts: wait for its end, or cancel it first.',
    );
  }
  const why = sql<BulkRefusal | null>`case
    when exists (select 1 from rankings r join tasks t on t.id = r.task_id where t.prompt_id = ${prompts}.id)
      or exists (select 1 from judgements j join tasks t on t.id = j.task_id where t.prompt_id = ${prompts}.id)
      then 'ranked'
    when exists (select 1 from evaluation_items e where e.prompt_id = ${prompts}.id)
      or exists (select 1 from pairs p where p.prompt_id = ${prompts}.id) then 'evaluated'
    when exists (select 1 from leases l join tasks t on t.id = l.task_id
      where t.prompt_id = ${prompts}.id and l.closed_at is null) then 'held' end`;
  const { free, refused } = await partition(tx, scope, why);
  await tx.delete(prompts).where(among(prompts.id, free));
  return { changed: free.length, refused };
}

/**
 * Tags are part of what a prompt is, so that its hash goes with them; one that would become the same as another stays.
 * Where responses or frozen pairs were rendered with the tags, those must stay what they were.
 */
async function changeTags(
  tx: Transaction,
  scope: Scope,
  action: { add: string[]; remove: string[] },
): Promise<BulkOutcome> {
  const conditioned = sql<BulkRefusal | null>`case when
      exists (select 1 from responses r join samplings s on s.id = r.sampling_id
        where r.prompt_id = ${prompts}.id and 'tags' = any(s.conditions))
      or exists (select 1 from pairs p join dataset_versions v on v.id = p.dataset_version_id
        where p.prompt_id = ${prompts}.id and 'tags' = any(v.conditions)) then 'conditioned' end`;
  const { free, refused } = await partition(tx, scope, conditioned);
  const rows = await tx
    .select({ id: prompts.id, messages: prompts.messages, persona: prompts.persona, tags: prompts.tags })
    .from(prompts)
    .where(among(prompts.id, free))
    .orderBy(asc(prompts.createdAt), asc(prompts.id));
  const wanted = rows.flatMap(({ id, tags, ...rest }) => {
    const next = changedTags(tags, action);
    if (JSON.stringify(next) === JSON.stringify(tags)) return [];
    return [{ id, tags: next, hash: promptHash({ ...rest, tags: next }) }];
  });
  const { rows: existing } = await tx.execute<{ content_hash: string }>(
    sql`select content_hash from prompts where project_id = ${scope.projectId}
        and content_hash = any(${sql.param(wanted.map(({ hash }) => hash))}::text[])`,
  );
  const taken = new Set(existing.map(({ content_hash }) => content_hash));
  const changes = wanted.filter(({ hash }) => !taken.has(hash) && taken.add(hash));
  await tx.execute(
    sql`update prompts set tags = array(select jsonb_array_elements_text(c.tags)), content_hash = c.hash
        from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c(id uuid, tags jsonb, hash text)
        where prompts.id = c.id`,
  );
  const same = wanted.length - changes.length;
  return { changed: changes.length, refused: same > 0 ? [...refused, { reason: 'same', count: same }] : refused };
}

const mostAssigned = 500;

/** Gives the open tasks of the prompts to a person, or takes them away. */
async function moveTasks(
  db: Database,
  actor: { id: string },
  input: ChangePrompts,
  action: Extract<BulkAction, { kind: 'assign' | 'withdraw' }>,
): Promise<BulkOutcome> {
  const { userId } = action;
  const { projectId } = input;
  const rows = await db
    .select({ id: tasks.id })
    .from(tasks)
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .where(and(isSelected(input), eq(tasks.status, 'open')));
  const taskIds = rows.map(({ id }) => id);
  if (action.kind === 'withdraw') {
    const { withdrawn } = await withdrawTasks(db, { projectId, taskIds, userId });
    return all(withdrawn.length);
  }
  if (taskIds.length > mostAssigned) {
    throw new AppError(
      'INVALID_INPUT',
      `${taskIds.length} tasks are open there: assign at most ${mostAssigned} to one person at once.`,
    );
  }
  const { assigned, refused } = await assignTasks(db, actor, { projectId, taskIds, userId });
  return { changed: assigned.length, refused: countReasons(refused.map(({ reason }) => reason)) };
}
