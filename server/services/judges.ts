// Judges and their work. A judge is a row; worker/judges turns it into a function.
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { judges } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { encryptText } from '../secrets.ts';
import { enqueue } from './jobs.ts';
import { isFreeTask, lockProject, requireProject } from './projects.ts';
import { type JudgePlaces, type RewardJudge, takeInRewardModel } from './reward-judges.ts';

const judgeColumns = {
  id: judges.id,
  kind: judges.kind,
  name: judges.name,
  baseUrl: judges.baseUrl,
  model: judges.model,
  /** What a reward model was trained on. */
  baseModelDir: judges.baseModelDir,
  /** The key itself never leaves the server. */
  hasApiKey: sql<boolean>`${judges.apiKeyEncrypted} is not null`,
  createdAt: judges.createdAt,
};

export async function listJudges(db: Queryable, params: { projectId: string }) {
  return db
    .select(judgeColumns)
    .from(judges)
    .where(and(eq(judges.projectId, params.projectId), isNull(judges.removedAt)))
    .orderBy(asc(judges.createdAt), asc(judges.name));
}

/** A judge that can still be given work. */
export async function requireJudge(db: Queryable, params: { projectId: string; judgeId: string }) {
  const [judge] = await db
    .select()
    .from(judges)
    .where(and(eq(judges.id, params.judgeId), eq(judges.projectId, params.projectId), isNull(judges.removedAt)));
  if (!judge) throw new AppError('NOT_FOUND', 'There is no such judge in this project.');
  return judge;
}

export interface CreateJudge {
  projectId: string;
  name: string;
  judge:
    | { kind: 'oracle' }
    | { kind: 'random' }
    /** A checkpoint's folder; without it, the project's SFT model judges. */
    | { kind: 'local'; model?: string | undefined }
    | { kind: 'openai'; baseUrl: string; model: string; apiKey?: string | undefined }
    | ({ kind: 'reward' } & RewardJudge);
}

/** A reward model is looked into by a worker first, so that what is none, or has another base, is refused here. */
export async function createJudge(
  db: Database,
  places: JudgePlaces,
  input: CreateJudge,
  signal = new AbortController().signal,
) {
  const project = await requireProject(db, input.projectId);
  const { judge } = input;
  if (judge.kind === 'oracle' && project.kind !== 'demo') {
    throw new AppError('INVALID_INPUT', 'The demo oracle knows the demo project only: choose another judge.');
  }
  const particulars = await particularsOf(db, places, project, judge, signal);
  const [created] = await db
    .insert(judges)
    .values({ projectId: project.id, kind: judge.kind, name: input.name, ...particulars })
    .returning(judgeColumns);
  if (!created) throw new Error('insert into judges returned no row');
  return created;
}

type Particulars = Partial<
  Pick<typeof judges.$inferInsert, 'baseUrl' | 'model' | 'apiKeyEncrypted' | 'adapterKey' | 'baseModelDir'>
>;

/** What a kind of judge has beside its name. */
async function particularsOf(
  db: Queryable,
  places: JudgePlaces,
  project: { sftPolicyId: string | null },
  judge: CreateJudge['judge'],
  signal: AbortSignal,
): Promise<Particulars> {
  switch (judge.kind) {
    case 'oracle':
    case 'random':
      return {};
    case 'local':
      return { model: judge.model ?? null };
    case 'openai': {
      const { baseUrl, model, apiKey } = judge;
      return { baseUrl, model, apiKeyEncrypted: apiKey ? encryptText(places.secret, apiKey) : null };
    }
    case 'reward':
      return takeInRewardModel(db, places, project, judge, signal);
  }
}

/** The row stays for the rankings that name it; its API key goes. */
export async function removeJudge(db: Database, params: { judgeId: string }): Promise<void> {
  const removed = await db
    .update(judges)
    .set({ removedAt: new Date(), apiKeyEncrypted: null })
    .where(and(eq(judges.id, params.judgeId), isNull(judges.removedAt)))
    .returning({ id: judges.id });
  if (removed.length === 0) throw new AppError('NOT_FOUND', 'There is no such judge.');
}

/** Lets a judge rank every open task that no person is working on. */
export async function startJudging(db: Database, params: { projectId: string; judgeId: string }) {
  return db.transaction(async (tx) => {
    const project = await lockProject(tx, params.projectId);
    const judge = await requireJudge(tx, params);
    const open = await tx
      .select({ id: tasks.id })
      .from(tasks)
      .where(and(eq(tasks.projectId, project.id), isFreeTask))
      .orderBy(asc(tasks.createdAt), asc(tasks.id));
    if (open.length === 0) throw new AppError('CONFLICT', 'There is no open task to judge: sample responses first.');
    const taskIds = open.map((task) => task.id);
    const jobRunId = await enqueue(
      tx,
      'judge',
      { judgeId: judge.id, taskIds },
      { projectId: project.id, total: taskIds.length },
    );
    return { jobRunId, tasks: taskIds.length };
  });
}
