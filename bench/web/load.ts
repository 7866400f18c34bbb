// Two hundred people who rank: each has three tasks ahead, sends a ranking every few seconds, asks for the next, and
// keeps its leases alive. What the server has acknowledged is written down, to be held against the database.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnnotatorClient, type Calls } from './client.ts';
import type { LoadProject } from './people.ts';

export interface LoadOptions extends LoadProject {
  origin: string;
  seconds: number;
  /** Between two rankings of one person. */
  everyMs: number;
  /** Whether a failed call is sent again, as the page's outbox does, until it is answered. */
  persists: boolean;
}

export interface LoadResult extends Calls {
  acknowledged: string[];
  /** Refused for good, with the reason. */
  refused: string[];
  events: number;
}

const depth = 3;
const rampMs = 15_000;
const heartbeatMs = 30_000;
const progressMs = 30_000;

interface HeldTask {
  leaseId: string;
  taskId: string;
  responses: { id: string }[];
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const result: LoadResult = { times: new Map(), failures: new Map(), acknowledged: [], refused: [], events: 0 };
  const end = performance.now() + rampMs + options.seconds * 1_000;
  await Promise.all(
    options.cookies.map(async (cookie, at) => {
      // People do not begin in the same moment.
      await sleep((at / options.cookies.length) * rampMs);
      const client = new AnnotatorClient(options.origin, cookie, result);
      const closing = new AbortController();
      client.listen(options.projectId, closing.signal, () => result.events++);
      try {
        await annotate(client, options, result, end);
      } finally {
        closing.abort();
        client.close();
      }
    }),
  );
  return result;
}

async function annotate(client: AnnotatorClient, options: LoadOptions, result: LoadResult, end: number): Promise<void> {
  const { projectId, everyMs } = options;
  const held: HeldTask[] = [];
  const saving = new Set<string>();
  const fill = async () => {
    const holding = [...held.map(({ leaseId }) => leaseId), ...saving];
    const count = depth - held.length;
    if (count < 1) return;
    const next = await stubborn(options, end, () =>
      client.mutate<{ tasks: HeldTask[] }>('label.next', { projectId, holding, count }),
    );
    for (const task of next?.tasks ?? []) if (!held.some(({ taskId }) => taskId === task.taskId)) held.push(task);
  };
  let beat = performance.now() + heartbeatMs * Math.random();
  let look = performance.now() + progressMs * Math.random();
  await stubborn(options, end, () => client.query('label.context', { projectId }));
  await fill();
  while (performance.now() < end) {
    const turn = performance.now() + everyMs;
    const task = held.shift();
    if (task) {
      saving.add(task.leaseId);
      const saved = submit(client, options, result, task, end).finally(() => saving.delete(task.leaseId));
      await Promise.all([saved, fill()]);
    } else await fill();
    if (performance.now() > beat) {
      beat += heartbeatMs;
      const leaseIds = held.map(({ leaseId }) => leaseId);
      await stubborn(options, end, () => client.mutate('label.heartbeat', { projectId, leaseIds }));
    }
    if (performance.now() > look) {
      look += progressMs;
      await stubborn(options, end, () => client.query('label.progress', { projectId }));
    }
    await sleep(Math.max(0, turn - performance.now()));
  }
}

async function submit(
  client: AnnotatorClient,
  options: LoadOptions,
  result: LoadResult,
  task: HeldTask,
  end: number,
): Promise<void> {
  const submissionId = randomUUID();
  const [first, second, ...rest] = task.responses.map(({ id }) => id);
  // One in three ties its best two.
  const tiers =
    Math.random() < 1 / 3 ? [[first, second], ...rest.map((id) => [id])] : task.responses.map(({ id }) => [id]);
  const input = {
    projectId: options.projectId,
    submissionId,
    leaseId: task.leaseId,
    annotation: { tiers },
    durationMs: options.everyMs,
  };
  try {
    await stubborn(options, end + 30_000, () => client.mutate('label.submit', input));
    result.acknowledged.push(submissionId);
  } catch (error) {
    result.refused.push(error instanceof Error ? error.message : String(error));
  }
}

/** Sends again what was not answered, or answered by a failing server. */
async function stubborn<T>({ persists }: LoadOptions, end: number, call: () => Promise<T>): Promise<T | null> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { status } = error as { status?: number };
      const isLost = status === 0 || (status !== undefined && status >= 500);
      if (!isLost) throw error;
      if (!persists || performance.now() > end) throw error;
      await sleep(500);
    }
  }
}
