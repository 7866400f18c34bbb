// What a person is given to rank: never a task that they had before, never more people than its overlap. Highest priority,
// oldest and least covered first; among equals each person goes round in an order of their own.
import { type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { mixSeed } from '../../domain/random.ts';
import type { Asker } from './asker.ts';
import { describeLeases, type LabelTask } from './label-task.ts';
import { closeLapsedLeases, type HeldLease, leasePicked, pickTask, renewForgottenLeases } from './leases.ts';
import { onboardingState } from './onboarding.ts';

/**
 * Why there is nothing, or not enough. `leased`: others hold all that is left; `skipped`: this person skipped all that
 * is left; `others-turn`: they have ranked all that is left, which waits for others.
 */
export const emptyReasons = [
  'none-sampled',
  'all-ranked',
  'leased',
  'skipped',
  'others-turn',
  'paused',
  'nothing-suits',
  'onboarding-failed',
  'onboarding-missing',
] as const;
export type EmptyReason = (typeof emptyReasons)[number];

export interface NextTasks {
  tasks: LabelTask[];
  /** Said where there were fewer than asked for. */
  reason: EmptyReason | null;
}

/**
 * The next tasks for a person, leased to them. `holding` names the leases that their page has open: a lease of theirs that
 * it does not hold (the page was reloaded, an admin assigned it) is handed out before anything new.
 */
export async function nextTasks(
  db: Database,
  asker: Asker,
  input: { holding: string[]; count: number },
): Promise<NextTasks> {
  if (asker.isPaused) return { tasks: [], reason: 'paused' };
  return db.transaction(async (tx) => {
    const held = await renewForgottenLeases(tx, asker, input);
    const reason = asker.needsOnboarding
      ? await giveOnboarding(tx, asker, held, input.count)
      : await giveWork(tx, asker, held, input.count);
    return { tasks: await describeLeases(tx, held), reason };
  });
}

/** Adds leases to `held` up to `count`; says why where there are too few. */
async function giveWork(tx: Transaction, asker: Asker, held: HeldLease[], count: number): Promise<EmptyReason | null> {
  let hasCleared = false;
  while (held.length < count) {
    const isGold = asker.settings.goldRate > 0 && Math.random() < asker.settings.goldRate;
    const lease = (isGold ? await leasePicked(tx, asker, pickGold(asker)) : null) ?? (await leaseNext(tx, asker));
    if (lease) held.push(lease);
    else if (hasCleared) return whyEmpty(tx, asker);
    else {
      await closeLapsedLeases(tx, asker.projectId);
      hasCleared = true;
    }
  }
  return null;
}

/** The next on this person's way round the circle; past its end, or where others hold that group's rows, the first that is free. */
async function leaseNext(tx: Transaction, asker: Asker): Promise<HeldLease | null> {
  return (await leasePicked(tx, asker, pickOnCircle(asker))) ?? leasePicked(tx, asker, pickFirst(asker));
}

async function giveOnboarding(
  tx: Transaction,
  asker: Asker,
  held: HeldLease[],
  count: number,
): Promise<EmptyReason | null> {
  const { state, unanswered } = await onboardingState(tx, { ...asker, userId: asker.id });
  if (state.total === 0) return 'onboarding-missing';
  if (state.hasPassed === false) return 'onboarding-failed';
  for (const taskId of unanswered) {
    if (held.length >= count) break;
    const lease = await leasePicked(tx, asker, pickTask(taskId));
    if (lease) held.push(lease);
  }
  // The test's end decides what comes next: nothing is handed out beyond it.
  return held.length === 0 ? 'leased' : null;
}

/** A lease that this person holds, or that ended in their having done with the task `t`. */
function wasGiven({ id }: Pick<Asker, 'id'>): SQL {
  return sql`exists (select 1 from leases o where o.task_id = t.id and o.user_id = ${id}
    and (o.closed_at is null or o.outcome in ('submitted', 'skipped', 'withdrawn')))`;
}

function suits({ languages, qualifications }: Asker): SQL {
  const language =
    languages.length === 0 ? sql`true` : sql`(t.language is null or t.language = any(${sql.param(languages)}::text[]))`;
  const qualified = qualifications === null ? sql`true` : sql`t.qualifications <@ ${sql.param(qualifications)}::text[]`;
  return sql`(${language} and ${qualified})`;
}

/** As the index `tasks_to_give` has it. */
function toGive(asker: Asker): SQL {
  return sql`t.project_id = ${asker.projectId} and t.status = 'open' and t.covered < t.overlap and not t.is_paused
    and not t.is_gold and ${suits(asker)} and not ${wasGiven(asker)}`;
}

const inOrder = sql`t.priority desc nulls last, t.opened_at, t.covered, t.position`;

/**
 * Of the first group (priority, age, cover) that has a task for this person, the next one on the circle from the person's
 * own place. Both halves read the index `tasks_to_give` up to their first row.
 */
function pickOnCircle(asker: Asker): SQL {
  const place = mixSeed(0, asker.id) % 2_147_483_647;
  return sql`
    select p.* from
      (select t.priority, t.opened_at, t.covered from tasks t where ${toGive(asker)} order by ${inOrder} limit 1) g,
      lateral (select t.id, t.sampling_id, t.prompt_id from tasks t
        where ${toGive(asker)} and t.priority = g.priority and t.opened_at = g.opened_at and t.covered = g.covered
          and t.position >= ${place}
        order by t.position limit 1 for update skip locked) p`;
}

function pickFirst(asker: Asker): SQL {
  return sql`select t.id, t.sampling_id, t.prompt_id from tasks t where ${toGive(asker)}
    order by ${inOrder} limit 1 for update skip locked`;
}

/** A gold task of the silent kind that this person has not had. */
function pickGold(asker: Asker): SQL {
  return sql`select t.id, t.sampling_id, t.prompt_id from tasks t
    where t.project_id = ${asker.projectId} and t.is_gold and t.status = 'open' and not t.is_paused
      and exists (select 1 from gold_tasks g where g.task_id = t.id and g.use = 'silent')
      and ${suits(asker)} and not ${wasGiven(asker)}
    order by random() limit 1 for update skip locked`;
}

async function whyEmpty(tx: Transaction, asker: Asker): Promise<EmptyReason> {
  const running = sql`t.status = 'open' and not t.is_paused`;
  const suiting = sql`${running} and ${suits(asker)}`;
  const counted = (condition: SQL) => sql`count(*) filter (where ${condition})::int`;
  const { rows } = await tx.execute<
    Record<'tasks' | 'open' | 'running' | 'suiting' | 'leased' | 'skipped', number>
  >(sql`
    select count(*)::int as tasks, ${counted(sql`t.status = 'open'`)} as open, ${counted(running)} as running,
      ${counted(suiting)} as suiting,
      ${counted(sql`${suiting} and t.covered >= t.overlap and not ${wasGiven(asker)}`)} as leased,
      ${counted(sql`${running} and exists (select 1 from leases o
        where o.task_id = t.id and o.user_id = ${asker.id} and o.outcome = 'skipped')`)} as skipped
    from tasks t where t.project_id = ${asker.projectId} and not t.is_gold`);
  const [found] = rows;
  if (!found || found.tasks === 0) return 'none-sampled';
  if (found.open === 0) return 'all-ranked';
  if (found.running === 0) return 'paused';
  if (found.suiting === 0) return 'nothing-suits';
  if (found.leased > 0) return 'leased';
  return found.skipped > 0 ? 'skipped' : 'others-turn';
}
