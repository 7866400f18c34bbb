// `rankloop bench web`: the label page in a browser, and the API under two hundred annotators, on this machine.
import { cpus, totalmem } from 'node:os';
import { currentCommit } from '../sampler.ts';
import { apiGoalMs, benchLoad, type LoadReport } from './bench-load.ts';
import { measurePageSpeed, type PageSpeed } from './page-speed.ts';
import { measurePageWeight, type PageWeightReport } from './page-weight.ts';
import { castLoad } from './people.ts';
import { type ServedApp, serveApp } from './served-app.ts';

export interface WebBenchOptions {
  annotators: number;
  seconds: number;
  overlap: number;
  kills: number;
  /** Rankings made in the browser, of short and of long responses each. */
  tasks: number;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface WebReport {
  bench: 'web';
  commit: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  node: string;
  date: string;
  weight: PageWeightReport;
  short: PageSpeed;
  long: PageSpeed;
  load: LoadReport;
  killed: LoadReport | null;
  goals: WebGoal[];
}

export interface WebGoal {
  name: string;
  measured: number;
  atMost: number;
  holds: boolean;
}

const everyMs = 4_000;
const longWords = 2_000;

export async function benchWeb(options: WebBenchOptions): Promise<WebReport> {
  const app = await serveApp(options.log);
  try {
    const short = await onOneDesk(app, options, 120);
    const long = await onOneDesk(app, options, longWords);
    const shape = { annotators: options.annotators, everyMs, overlap: options.overlap };
    const load = await benchLoad(app, { ...shape, seconds: options.seconds, kills: 0 }, options.log);
    const killed =
      options.kills === 0
        ? null
        : await benchLoad(app, { ...shape, seconds: options.seconds, kills: options.kills }, options.log);
    const parts = { weight: short.weight, short: short.speed, long: long.speed, load, killed };
    return {
      bench: 'web',
      commit: currentCommit(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      node: process.version,
      date: new Date().toISOString().slice(0, 10),
      ...parts,
      goals: goalsOf(parts),
    };
  } finally {
    await app.close();
  }
}

async function onOneDesk(app: ServedApp, { tasks, log, signal }: WebBenchOptions, words: number) {
  const cast = await castLoad(app.db, app.authSecret, {
    annotators: 1,
    tasks: tasks + 6,
    overlap: 1,
    responses: 4,
    words,
  });
  const [cookie] = cast.cookies;
  if (!cookie) throw new Error('nobody was signed in');
  log(`the label page: ${tasks} tasks of four responses of ${words} words`);
  const as = { cookie };
  const weight = await measurePageWeight({ url: app.origin, path: '/label', as, ready: 'main[data-task-id]' }, signal);
  return { weight, speed: await measurePageSpeed({ url: app.origin, as, tasks }, signal) };
}

function goalsOf(report: Pick<WebReport, 'weight' | 'short' | 'long' | 'load' | 'killed'>): WebGoal[] {
  const goal = (name: string, measured: number, atMost: number): WebGoal => ({
    name,
    measured,
    atMost,
    holds: measured <= atMost,
  });
  const wrong = ({ books }: LoadReport) => books.wrongOverlap + books.overRanked + books.duplicates + books.lost;
  const failed = ({ failures, refused }: LoadReport) =>
    Object.values(failures).reduce((sum, count) => sum + count, 0) + refused.length;
  return [
    goal('key to paint, p95 (ms)', report.short.keyToPaint.p95, 50),
    goal('submit to the next task, p95 (ms)', report.short.submitToNext.p95, 100),
    goal('first JavaScript of the label page (bytes, compressed)', report.weight.scriptBytes, report.weight.limitBytes),
    goal(
      'the slowest interaction with four responses of 2,000 words, to its frame (ms)',
      Math.max(report.long.keyToPaint.max, report.long.submitToNext.max),
      100,
    ),
    goal('API, p95 of all calls (ms)', report.load.latency.all.p95, apiGoalMs),
    goal('API, failed or refused calls', failed(report.load), 0),
    goal('rankings lost, doubled, or off the overlap', wrong(report.load), 0),
    ...(report.killed ? [goal('the same, the server killed in the middle', wrong(report.killed), 0)] : []),
  ];
}
