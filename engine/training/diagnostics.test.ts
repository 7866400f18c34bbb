// Each rule by values on both sides of its threshold, and a real run that tells what is wrong with its data, once.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { trainConfigSchema } from '../config.ts';
import type { TrainingPair, TrainJob, TrainMetrics } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import {
  type Course,
  courseRules,
  courseSchema,
  type Observation,
  observe,
  startOfCourse,
  windowPairs,
} from './course-diagnostics.ts';
import { type DataFacts, dataRules } from './data-diagnostics.ts';
import { observationOf } from './diagnostics.ts';
import { train } from './trainer.ts';

const tokens = (length: number, id = 3) => Array<number>(length).fill(id);
const pair = (prompt: number, chosen: number[], rejected: number[]): TokenRow => ({
  prompt: [prompt],
  completions: [chosen, rejected],
});
const facts = (rows: TokenRow[], rest: Partial<DataFacts> = {}): DataFacts => ({
  rows,
  reference: [],
  dropped: {},
  truncated: {},
  ...rest,
});
const distinct = Array.from({ length: 40 }, (_, i) => pair(i, tokens(10), tokens(10, 4)));

describe('what the data show', () => {
  test('nothing, where nothing is wrong', () => {
    const reference = distinct.map(() => [-9, -10]);
    for (const rule of Object.values(dataRules)) expect(rule(facts(distinct, { reference }))).toBeNull();
  });

  test('what was cut and left out, with its reasons', () => {
    const counts = { 'prompt cut to max_prompt_length 8': 3, 'completion cut to 16 tokens': 1 };
    expect(dataRules.truncated(facts(distinct, { truncated: counts }))).toMatchObject({
      message: '4 of 40 rows were cut to fit: 3 prompt cut to max_prompt_length 8, 1 completion cut to 16 tokens.',
      figures: { count: 4, rows: 40 },
    });
    expect(dataRules.dropped(facts(distinct, { dropped: { 'longer than 16 tokens': 10 } }))).toMatchObject({
      message: '10 of 50 rows were left out: 10 longer than 16 tokens.',
    });
  });

  test('copies and contradictions', () => {
    const copies = [...distinct, pair(0, tokens(10), tokens(10, 4)), pair(1, tokens(10), tokens(10, 4))];
    expect(dataRules.duplicates(facts(copies))?.figures).toEqual({ count: 2, rows: 42 });
    expect(dataRules.contradictions(facts(copies))).toBeNull();
    const flipped = [...distinct, pair(7, tokens(10, 4), tokens(10))];
    expect(dataRules.contradictions(facts(flipped))).toMatchObject({
      figures: { count: 2, rows: 41 },
      worst: [
        { row: 7, value: 0 },
        { row: 40, value: 0 },
      ],
    });
    expect(dataRules.duplicates(facts(flipped))).toBeNull();
  });

  test('a bias to length: both by how many and by how much', () => {
    const sized = (chosen: number, longer: number) =>
      facts(distinct.map((row, i) => pair(i, tokens(i < longer ? chosen : 10), row.completions[1] as number[])));
    expect(dataRules.length_bias(sized(15, 30))?.figures).toEqual({ longer: 0.75, chosen: 13.75, rejected: 10 });
    expect(dataRules.length_bias(sized(12, 30))).toBeNull();
    expect(dataRules.length_bias(sized(30, 20))).toBeNull();
  });

  test('responses that the policy would hardly write, the farthest first', () => {
    const reference = distinct.map((_, i) => [-10, i < 3 ? -41 - i : -39]);
    expect(dataRules.far_from_policy(facts(distinct, { reference }))).toMatchObject({
      figures: { count: 3, rows: 40, lowest: -4.3 },
      worst: [
        { row: 2, value: -4.3 },
        { row: 1, value: -4.2 },
        { row: 0, value: -4.1 },
      ],
    });
    const one = distinct.map((_, i) => [-10, i < 1 ? -90 : -39]);
    expect(dataRules.far_from_policy(facts(distinct, { reference: one }))).toBeNull();
  });

  test('a reference that ranks most pairs the other way, token for token', () => {
    const reference = (against: number) => distinct.map((_, i) => (i < against ? [-20, -10] : [-10, -20]));
    expect(dataRules.reference_disagrees(facts(distinct, { reference: reference(30) }))?.figures.share).toBe(0.75);
    expect(dataRules.reference_disagrees(facts(distinct, { reference: reference(20) }))).toBeNull();
    // Twice as long and half as likely in sum, chosen is as likely a token.
    const long = facts(
      distinct.map((row, i) => pair(i, tokens(20), row.completions[1] as number[])),
      {
        reference: distinct.map(() => [-19, -10]),
      },
    );
    expect(dataRules.reference_disagrees(long)).toBeNull();
  });
});

const usual: Observation = { margin: 1, chosenShift: 0.01, shift: 0.05, entropy: 2, preferred: 100, other: 100 };
const filled = (
  first: Partial<Observation>,
  recent: Partial<Observation> = first,
  rest: Partial<Course> = {},
): Course => ({
  ...startOfCourse,
  epoch: 0.5,
  first: Array(windowPairs).fill({ ...usual, ...first }),
  recent: Array(windowPairs).fill({ ...usual, ...recent }),
  ...rest,
});

describe('what the course shows', () => {
  test('nothing early, and nothing where all is as usual but the first epoch without an error', () => {
    for (const [kind, rule] of Object.entries(courseRules)) {
      expect(rule(startOfCourse), kind).toBeNull();
      if (kind !== 'perfect_accuracy') expect(rule(filled({})), kind).toBeNull();
    }
  });

  test.each([
    ['falling_chosen', filled({}, { chosenShift: -0.11 }), filled({}, { chosenShift: -0.09 })],
    ['falling_chosen', filled({}, { chosenShift: -0.11 }), filled({}, { chosenShift: null })],
    ['growing_length', filled({}, { preferred: 130 }), filled({ preferred: 120 }, { preferred: 130 })],
    ['drift', filled({}, { shift: 0.51 }), filled({}, { shift: 0.49 })],
    ['entropy_collapse', filled({}, { entropy: 0.9 }), filled({}, { entropy: 1.1 })],
    ['entropy_collapse', filled({}, { entropy: 0.9 }), filled({ entropy: null })],
    ['perfect_accuracy', filled({ margin: 0.1 }), filled({ margin: 0 })],
    ['perfect_accuracy', filled({ margin: 0.1 }), filled({}, {}, { epoch: 1.1 })],
    ['exploding_margin', filled({}, { margin: 10.1 }), filled({}, { margin: 9.9 })],
    ['exploding_margin', filled({ margin: -4 }, { margin: 12.1 }), filled({ margin: -4 }, { margin: 11.9 })],
  ] as const)('%s, on one side of its threshold and not on the other', (kind, above, below) => {
    expect(courseRules[kind](above)?.message).toMatch(/\d/);
    expect(courseRules[kind](above)?.remedy).toMatch(/\w/);
    expect(courseRules[kind](below)).toBeNull();
  });

  test('pairs that go firmly against what the epoch has learnt, the worst first', () => {
    const margins = [...Array<number>(27).fill(1), -0.5, -1.5, -3];
    const seen = margins.map((margin, row) => ({ row, observation: { ...usual, margin } }));
    let course = observe(startOfCourse, 0.5, seen.slice(0, 15));
    expect(courseRules.label_noise(course)).toBeNull();
    course = observe(course, 1, seen.slice(15));
    expect(course.whole).toMatchObject({ pairs: 30, correct: 27, positive: 27 });
    expect(courseRules.label_noise(course)).toMatchObject({
      figures: { count: 2, pairs: 30, accuracy: 0.9 },
      worst: [
        { row: 29, value: -3 },
        { row: 28, value: -1.5 },
      ],
    });
    expect(course.current.pairs).toBe(0);
    expect(courseSchema.parse(JSON.parse(JSON.stringify(course)))).toEqual(course);
  });

  test('the windows are the first pairs and the latest', () => {
    let course = startOfCourse;
    for (let i = 0; i < 100; i++) course = observe(course, i / 100, [{ row: i, observation: { ...usual, margin: i } }]);
    expect(course.first.map(({ margin }) => margin)).toEqual(Array.from({ length: windowPairs }, (_, i) => i));
    expect(course.recent.at(-1)?.margin).toBe(99);
    expect(course.recent[0]?.margin).toBe(100 - windowPairs);
  });
});

test('an observation holds a pair in nats a token', () => {
  const outcome = {
    policy: { chosen: -12, rejected: -30 },
    reference: { chosen: -10, rejected: -20 },
    tokens: { chosen: 10, rejected: 20 },
    entropy: { chosen: 15, rejected: 45 },
    logits: { chosen: 0, rejected: 0 },
    likeliest: { chosen: 0, rejected: 0 },
    prompt: null,
    loss: 0.5,
  };
  const observation = observationOf(outcome, trainConfigSchema.parse({ beta: 0.5 }));
  expect(observation).toEqual({ margin: 4, chosenShift: -0.2, shift: 0.35, entropy: 2, preferred: 10, other: 20 });
});

test('a run tells what is wrong with its data once, with text, in its file, its metrics and its result', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rankloop-diagnostics-'));
  try {
    const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
    const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainingPair);
    const [first, second] = pairs as [TrainingPair, TrainingPair];
    const flipped = { ...first, chosen: first.rejected, rejected: first.chosen };
    const job: TrainJob = {
      model: `${fixtures}llama`,
      adapter: null,
      reference: 'base',
      pairs: [...pairs, flipped, second],
      config: trainConfigSchema.parse({ logging_steps: 2, save_steps: 3, num_train_epochs: 2, lora: { r: 4 } }),
      out: join(folder, 'run'),
      device: 'cpu',
    };
    const metrics: TrainMetrics[] = [];
    const { warnings } = await train(job, (m) => void metrics.push(m));
    const kinds = warnings.map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['duplicates', 'contradictions', 'far_from_policy']); // the weights are random
    expect(metrics[0]?.warnings?.map(({ kind }) => kind)).toEqual(kinds.slice(0, 3));
    const contradiction = warnings.find(({ kind }) => kind === 'contradictions');
    const text = (side: TrainingPair['chosen']) => (Array.isArray(side) ? side[0]?.content : String(side)) ?? '';
    expect(contradiction?.examples?.[0]?.chosen).toContain(text(first.chosen).slice(0, 20));
    const lines = async () => (await readFile(join(job.out, 'diagnostics.jsonl'), 'utf8')).trim().split('\n');
    expect((await lines()).map((line) => JSON.parse(line))).toEqual(warnings);
    // Gone on from step 3, the run tells its listener all anew and writes nothing twice.
    const again: TrainMetrics[] = [];
    const resumed = await train({ ...job, resumeFrom: join(job.out, 'checkpoint-3') }, (m) => void again.push(m));
    expect(again[0]?.warnings?.slice(0, 3)).toEqual(warnings.slice(0, 3));
    expect(resumed.warnings).toEqual(warnings);
    expect((await lines()).map((line) => JSON.parse(line))).toEqual(warnings);
  } finally {
    await rm(folder, { recursive: true });
  }
});
