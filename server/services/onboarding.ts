// The onboarding test: gold tasks that a newcomer ranks first, each with feedback. Whoever orders enough of their pairs
// as gold does goes on to the work.
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { type GoldMiss, type GoldScore, onboardingResult, scoreAgainstGold } from '../../domain/gold.ts';
import type { LabelSettings } from '../../domain/label-settings.ts';
import { isLiveRanking } from './projects.ts';

export interface OnboardingState {
  isRequired: boolean;
  done: number;
  total: number;
  /** Null until the last task is done. */
  hasPassed: boolean | null;
}

export interface Feedback {
  gold: string[][];
  note: string;
  misses: GoldMiss<string>[];
  score: GoldScore;
}

export const noOnboarding: OnboardingState = { isRequired: false, done: 0, total: 0, hasPassed: null };

/** The project's onboarding tasks in their order, with this person's live answer where they have given it. */
async function onboardingAnswers(db: Queryable, params: { projectId: string; userId: string }) {
  return db
    .select({ taskId: tasks.id, gold: goldTasks.tiers, answer: rankings.tiers })
    .from(goldTasks)
    .innerJoin(tasks, eq(tasks.id, goldTasks.taskId))
    .leftJoin(rankings, and(eq(rankings.taskId, tasks.id), eq(rankings.userId, params.userId), isLiveRanking(db)))
    .where(and(eq(tasks.projectId, params.projectId), eq(goldTasks.use, 'onboarding')))
    .orderBy(asc(goldTasks.createdAt), asc(goldTasks.taskId));
}

/** Where a newcomer stands in the test, and the tasks that they have not answered. */
export async function onboardingState(
  db: Queryable,
  params: { projectId: string; userId: string; settings: Pick<LabelSettings, 'onboarding'> },
): Promise<{ state: OnboardingState; unanswered: string[] }> {
  const all = await onboardingAnswers(db, params);
  const scores = all.flatMap(({ gold, answer }) => (answer ? [scoreAgainstGold(answer, gold).score] : []));
  const { passAccuracy } = params.settings.onboarding;
  const { state, done, of } = onboardingResult(scores, { of: all.length, passAccuracy });
  return {
    state: { isRequired: true, done, total: of, hasPassed: state === 'unfinished' ? null : state === 'passed' },
    unanswered: all.flatMap(({ taskId, answer }) => (answer ? [] : [taskId])),
  };
}

/** After an answer: lets a newcomer in who has passed. */
export async function settleOnboarding(
  tx: Transaction,
  params: { projectId: string; userId: string; settings: Pick<LabelSettings, 'onboarding'> },
): Promise<OnboardingState> {
  const { state } = await onboardingState(tx, params);
  if (state.hasPassed) {
    await tx
      .update(members)
      .set({ onboardedAt: sql`now()` })
      .where(
        and(eq(members.projectId, params.projectId), eq(members.userId, params.userId), isNull(members.onboardedAt)),
      );
  }
  return state;
}

/** What a newcomer reads after their answer; null where the task is no onboarding task. */
export async function findFeedback(db: Queryable, taskId: string, answer: string[][]): Promise<Feedback | null> {
  const [gold] = await db
    .select()
    .from(goldTasks)
    .where(and(eq(goldTasks.taskId, taskId), eq(goldTasks.use, 'onboarding')));
  if (!gold) return null;
  return { gold: gold.tiers, note: gold.note, ...scoreAgainstGold(answer, gold.tiers) };
}
