// `rankloop import` as a script meets it: a real process on a real database.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { prompts } from '../db/schema/data.ts';
import { projects } from '../db/schema/project.ts';
import { seedDemo } from '../test/demo.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { createScratch, rankloop } from './scratch.ts';

// Each command is a process of its own, and other tests want the processor too.
vi.setConfig({ testTimeout: 180_000 });

const { folder, at, write } = createScratch();
let database: TestDatabase;
let slug: string;

beforeAll(async () => {
  database = await createTestDatabase();
  slug = (await seedDemo(database.db)).slug;
  process.env.DATABASE_URL = database.url;
});
afterAll(async () => {
  delete process.env.DATABASE_URL;
  await database.drop();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => rankloop('import', ...args, '--project', slug, '--data-dir', at('data'));
const fixture = (name: string) => fileURLToPath(new URL(`../domain/imports/fixtures/${name}`, import.meta.url));

test('one object on stdout, the skips on stderr, and the same file adds nothing twice', async () => {
  const first = await run(fixture('trl-preference.jsonl'), '--rankings', 'take', '--tag', 'sky', '--json');
  expect(first).toMatchObject({ code: 0 });
  expect(JSON.parse(first.stdout)).toMatchObject({
    format: 'trl-preference',
    rows: 5,
    train: 4,
    held_out: 0,
    tasks: 4,
    rankings: 4,
    skipped: { 'wrong-shape': { count: 1 } },
  });
  expect(first.stderr).toMatch(/skipped: wrong-shape: 1, first at line 5/);
  const { batch } = JSON.parse(first.stdout) as { batch: string };
  const stored = await database.db.select().from(prompts).where(eq(prompts.batchId, batch));
  expect(stored.map(({ tags }) => tags)).toEqual(Array.from({ length: 4 }, () => ['sky']));
  const again = await run(fixture('trl-preference.jsonl'), '--rankings', 'take', '--tag', 'sky', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ train: 0, tasks: 0, skipped: { 'in-project': { count: 4 } } });
});

test('a table of anybody, by its columns', async () => {
  const columns = [
    '--prompt',
    'Question',
    '--system',
    'System',
    '--response',
    'Good answer',
    '--response',
    'Bad answer',
  ];
  const done = await run(fixture('qa.csv'), ...columns, '--best-first', '--split', 'train', '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({ format: 'columns', train: 2, tasks: 2, rankings: 0 });
});

test('bad input is one sentence, and nothing is stored', async () => {
  const odd = write('odd.jsonl', [{ ask: 'Why?' }]);
  for (const [args, words] of [
    [[odd], 'Its fields are ask: say which one is the prompt'],
    [[at('missing.jsonl')], "Can't read"],
    [[odd, '--format', 'parquet'], 'Allowed choices'],
    [[odd, '--response', 'ask'], 'give --prompt too'],
    [[odd, '--prompt', 'question'], 'has no column "question"'],
    [[odd, '--prompt', 'ask', '--language', 'no language'], 'language tag'],
    [[odd, '--split', 'share', '--held-out-share', '2'], '0.01 to 0.9'],
  ] as const) {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
  }
  const nobody = await rankloop('import', odd, '--prompt', 'ask', '--project', 'none', '--data-dir', at('data'));
  expect(nobody.stderr).toContain('There is no project "none"');
  const [project] = await database.db.select().from(projects);
  expect(project?.slug).toBe(slug);
});
