// kill -9 at random moments of a running app: its worker while it samples and while it trains, its pages, its database.
// Throughout, a person ranks over HTTP. At the end every acknowledged ranking stands once, every prompt has its
// responses once, and every round's curve is whole; a killed worker's job was taken up within 30 seconds.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { databaseUrlFile } from '../../db/database-url.ts';
import { type RunningApp, startApp } from '../../e2e/app.ts';
import { createRandom } from '../../engine/random.ts';
import type { Figures } from './figures.ts';

const targets = ['worker while sampling', 'worker while training', 'web', 'database'] as const;
type Target = (typeof targets)[number];
const killsPerTarget = 5;
const promptsPerSampling = 40;
const responsesPerPrompt = 8;
const account = { name: 'Ada', email: 'ada@example.org', password: 'a long enough password' };

interface Kill {
  target: Target;
  /** Milliseconds after the work began, or after the last kill was survived. */
  after_ms: number;
  /** Until the killed worker's job ran again, or the pages answered again. */
  recovered_ms: number;
}

export async function proveKills(): Promise<Figures> {
  const app = await startApp();
  const client = await signUp(app);
  const pool = new Pool({ connectionString: readFileSync(databaseUrlFile(app.dataDir), 'utf8').trim() });
  pool.on('error', () => undefined);
  const random = createRandom(20);
  const person = rankAlong(client);
  try {
    const kills: Kill[] = [];
    for (let turn = 0; turn < killsPerTarget; turn++) {
      for (const target of targets) {
        const kill = await killers[target]({ app, client, pool, random: random.uniform });
        kills.push(kill);
        console.error(
          `${kills.length}: ${target} killed after ${kill.after_ms} ms, back after ${kill.recovered_ms} ms`,
        );
      }
    }
    await idle(client);
    const rankings = await person.stop();
    const checks = await audit(pool, rankings);
    const slowest = Math.max(...kills.map(({ recovered_ms }) => recovered_ms));
    const failed = Object.entries(checks).filter(([, { expected, found }]) => expected !== found);
    if (failed.length > 0 || slowest > 30_000)
      throw new Error(`The proof failed: ${JSON.stringify({ failed, slowest })}`);
    return {
      kills: kills.length,
      slowest_recovery_ms: slowest,
      acknowledged_rankings: rankings.length,
      checks,
      moments: kills,
    };
  } finally {
    await person.stop();
    await pool.end();
    await app.stop();
  }
}

interface Scene {
  app: RunningApp;
  client: Client;
  pool: Pool;
  random: () => number;
}

const killers: { [T in Target]: (scene: Scene) => Promise<Kill> } = {
  'worker while sampling': async (scene) => {
    const { client } = scene;
    const config = { temperature: 0.9, top_p: 1, top_k: 0, max_new_tokens: 64 };
    const input = { projectId: client.projectId, promptCount: promptsPerSampling, n: responsesPerPrompt, config };
    const { jobRunId } = await client.mutate<{ jobRunId: string }>('sampling.start', input);
    return killWorker(scene, 'worker while sampling', jobRunId, 1_500);
  },
  'worker while training': async (scene) => {
    const { client, pool } = scene;
    const { judges } = await client.query<{ judges: { id: string; kind: string }[] }>('rounds.defaults', {
      projectId: client.projectId,
    });
    const judgeId = judges.find(({ kind }) => kind === 'oracle')?.id ?? '';
    // Nothing may be open when the person was faster.
    await client.mutate('judges.start', { projectId: client.projectId, judgeId }).catch(() => undefined);
    await idle(client);
    const { config } = await client.query<{ config: object }>('rounds.defaults', { projectId: client.projectId });
    const round = {
      config: { ...config, num_train_epochs: 12, save_steps: 5 },
      pairPolicy: 'best-worst',
      reference: 'sft',
      judgeId,
    };
    const { roundId } = await client.mutate<{ roundId: string }>('rounds.start', {
      projectId: client.projectId,
      ...round,
    });
    const { rows } = await pool.query<{ id: string }>(
      `select id from job_runs where round_id = $1 and name = 'train'`,
      [roundId],
    );
    const kill = await killWorker(scene, 'worker while training', rows[0]?.id ?? '', 4_000);
    await idle(client);
    await client.mutate('rounds.decide', { roundId, decision: 'reject' });
    return kill;
  },
  web: (scene) => killService(scene, 'web', /^next-server/),
  database: (scene) => killService(scene, 'database', /postgres -D/),
};

async function killService({ app, client, random }: Scene, target: Target, pattern: RegExp): Promise<Kill> {
  const after = await pause(random, 2_000);
  process.kill(childOf(app.pid, pattern), 'SIGKILL');
  const killed = Date.now();
  await until(`${target} is back`, async () => {
    await sleep(200);
    return (await client.request('/api/health')).ok;
  });
  return { target, after_ms: after, recovered_ms: Date.now() - killed };
}

/** Kills the worker at a random moment of a job that runs, and waits until the job runs again under a new fence. */
async function killWorker(
  { app, pool, random }: Scene,
  target: Target,
  jobRunId: string,
  within: number,
): Promise<Kill> {
  const find = async () => {
    const { rows } = await pool.query<{ status: string; fence: string }>(
      'select status, fence from job_runs where id = $1',
      [jobRunId],
    );
    return rows[0];
  };
  await until(`${target}: the job runs`, async () => (await find())?.status === 'running');
  const fence = Number((await find())?.fence);
  const after = await pause(random, within);
  process.kill(childOf(app.pid, /cli\/main\.ts worker/), 'SIGKILL');
  const killed = Date.now();
  let wasOver = false;
  await until(`${target}: the job is taken up again`, async () => {
    const now = await find();
    wasOver = Number(now?.fence) === fence && now?.status === 'done';
    return wasOver || Number(now?.fence) > fence;
  });
  if (wasOver) throw new Error(`${target}: the job was over after ${after} ms, before the kill: give it more work.`);
  return { target, after_ms: after, recovered_ms: Date.now() - killed };
}

async function pause(random: () => number, within: number): Promise<number> {
  const milliseconds = Math.round(random() * within);
  await sleep(milliseconds);
  return milliseconds;
}

function childOf(parent: number, pattern: RegExp): number {
  const lines = execFileSync('ps', ['--ppid', String(parent), '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines
    .map((line) => /^\s*(\d+) (.*)$/.exec(line))
    .find((match) => match && pattern.test(match[2] ?? ''));
  if (!found) throw new Error(`No child of ${parent} matches ${pattern}:\n${lines.join('\n')}`);
  return Number(found[1]);
}

async function until(what: string, look: () => Promise<boolean>, timeoutMs = 180_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await look().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s.`);
    await sleep(50);
  }
}

interface Client {
  projectId: string;
  request(path: string, init?: RequestInit): Promise<Response>;
  query<R>(procedure: string, input: object): Promise<R>;
  mutate<R>(procedure: string, input: object): Promise<R>;
}

/** An administrator over HTTP, as a browser would be one. */
async function signUp(app: RunningApp): Promise<Client> {
  let cookie = '';
  const request = (path: string, init: RequestInit = {}) =>
    fetch(app.url + path, { ...init, headers: { cookie, origin: app.url, 'content-type': 'application/json' } });
  const unwrap = async <R>(response: Response): Promise<R> => {
    const body = (await response.json()) as { result?: { data: { json: R } }; error?: { json: { message: string } } };
    if (!body.result) throw new Error(body.error?.json.message ?? `HTTP ${response.status}`);
    return body.result.data.json;
  };
  const mutate = async <R>(procedure: string, json: object) =>
    unwrap<R>(await request(`/api/trpc/${procedure}`, { method: 'POST', body: JSON.stringify({ json }) }));
  const query = async <R>(procedure: string, json: object) =>
    unwrap<R>(await request(`/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify({ json }))}`));
  await mutate('setup.createAdmin', { ...account, token: new URL(app.setupUrl).searchParams.get('token') });
  const signedIn = await request('/api/auth/sign-in/email', { method: 'POST', body: JSON.stringify(account) });
  cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const projects = await query<{ id: string }[]>('projects.list', {});
  return { projectId: projects[0]?.id ?? '', request, query, mutate };
}

/** No job waits or runs. */
async function idle(client: Client): Promise<void> {
  await until('all jobs end', async () => {
    await sleep(200);
    return (await client.query<unknown[]>('jobs.active', { projectId: client.projectId })).length === 0;
  });
}

/** Ranks whatever is open, twice a second. A submission that failed is sent again until it is acknowledged. */
function rankAlong(client: Client): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  let isStopped = false;
  const work = (async () => {
    while (!isStopped) {
      await sleep(500);
      const input = { projectId: client.projectId, holding: [] };
      const next = await client
        .mutate<{ kind: string; leaseId: string; responses: { id: string }[] }>('label.next', input)
        .catch(() => null);
      if (next?.kind !== 'task') continue;
      const submissionId = randomUUID();
      const tiers = next.responses.map(({ id }) => [id]);
      const submission = { submissionId, leaseId: next.leaseId, tiers, durationMs: 500 };
      for (let tries = 0; tries < 100; tries++) {
        const outcome = await client.mutate('label.submit', submission).then(
          () => 'kept',
          () => 'failed',
        );
        if (outcome === 'kept') {
          acknowledged.push(submissionId);
          break;
        }
        await sleep(300);
      }
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await work;
      return acknowledged;
    },
  };
}

/** What must be true of the database at the end, as pairs of what is expected and what is found. */
async function audit(pool: Pool, submissions: string[]): Promise<Record<string, { expected: number; found: number }>> {
  const one = async (query: string, values: unknown[] = []) => Number((await pool.query(query, values)).rows[0]?.count);
  return {
    'acknowledged rankings that are stored': {
      expected: submissions.length,
      found: await one('select count(*) from rankings where submission_id = any($1)', [submissions]),
    },
    'tasks ranked more than once': {
      expected: 0,
      found: await one(
        'select count(*) from (select task_id from rankings where id not in (select ranking_id from ranking_retractions) group by task_id having count(*) > 1) doubled',
      ),
    },
    'responses to sampled prompts': {
      expected: await one(`select count(*) * ${responsesPerPrompt} as count from sampling_prompts`),
      found: await one(
        `select count(*) from responses join samplings on samplings.id = sampling_id where purpose = 'label'`,
      ),
    },
    'jobs that failed': { expected: 0, found: await one(`select count(*) from job_runs where status = 'failed'`) },
    'rounds with a whole curve': {
      expected: killsPerTarget,
      found: await one(
        'select count(*) from (select round_id from round_metrics group by round_id having count(*) = max(max_steps)) whole',
      ),
    },
    'rounds with one evaluation': {
      expected: killsPerTarget,
      found: await one(
        'select count(*) from (select round_id from evaluations group by round_id having count(*) = 1) judged',
      ),
    },
  };
}
