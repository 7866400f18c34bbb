// `judge` and `pairs` as processes, on real files and over real HTTP.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedServer, saying, startScriptedServer } from '../worker/backends/scripted-server.ts';

let folder = '';
let server: ScriptedServer | null = null;
const inFolder = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-cli-'));
});
afterEach(async () => {
  await server?.close();
  server = null;
  await rm(folder, { recursive: true, force: true });
});

const root = fileURLToPath(new URL('..', import.meta.url));
const program = `import { Command } from 'commander';
import { registerJudge } from './cli/judge.ts';
import { registerPairs } from './cli/pairs.ts';
const program = new Command();
registerJudge(program);
registerPairs(program);
await program.parseAsync(process.argv.slice(1), { from: 'user' });`;

function start(args: string[], env: Record<string, string> = {}) {
  const { RANKLOOP_JUDGE_API_KEY: _, OPENAI_API_KEY: __, ...inherited } = process.env;
  const node = ['--import', 'tsx', '--input-type=module', '-e', program, '--'];
  const child = spawn(process.execPath, [...node, ...args], { cwd: root, env: { ...inherited, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
const run = (args: string[], env?: Record<string, string>) => start(args, env).ended;

const writeRows = (name: string, rows: object[]) =>
  writeFile(inFolder(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const readRows = async (name: string): Promise<Record<string, unknown>[]> =>
  (await readFile(inFolder(name), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const samples = Array.from({ length: 12 }, (_, index) => ({
  prompt: `prompt ${index}`,
  responses: ['good', 'bad', 'good'].map((text, place) => ({ text: `${text} ${place}`, token_ids: [index, place, 2] })),
  id: index,
}));

/** Finds bad by its text, wherever it is shown; ties the others. */
const sensible = ({ question }: { question: string }) => {
  const bad = /RESPONSE (\w) BEGIN \w+\nbad/.exec(question)?.[1] ?? '';
  return saying(`[[${['A', 'B', 'C'].filter((label) => label !== bad).join(' = ')} > ${bad}]]`);
};

const judgeArgs = (...more: string[]) => [
  'judge',
  '--responses',
  inFolder('S.jsonl'),
  '--out',
  inFolder('R.jsonl'),
  ...more,
];
const apiKey = 'sk-very-secret-0123456789';
const openAi = (baseUrl: string) => ['--judge', 'openai', '--base-url', baseUrl, '--judge-model', 'judge-1'];

describe('judge', () => {
  beforeEach(() => writeRows('S.jsonl', samples));

  test('adds tiers and verdict to each line, in order, and prints one JSON object', async () => {
    server = await startScriptedServer(sensible);
    const { code, stdout, stderr } = await run(judgeArgs(...openAi(server.baseUrl), '--concurrency', '3', '--json'), {
      RANKLOOP_JUDGE_API_KEY: apiKey,
      OPENAI_API_KEY: 'another',
    });
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ judge: 'openai', lines: 12, unparseable: 0, tied: 0 });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const rows = await readRows('R.jsonl');
    for (const [index, row] of rows.entries()) {
      expect(row).toMatchObject({ ...samples[index], verdict: expect.stringContaining('[[') });
      expect((row.tiers as number[][]).map((tier) => tier.toSorted())).toEqual([[0, 2], [1]]);
    }
    expect(rows).toHaveLength(12);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect((await readdir(folder)).toSorted()).toEqual(['R.jsonl', 'S.jsonl']);
  });

  test('the oracle and chance need no server; a verdict that is none is null', async () => {
    expect((await run(judgeArgs('--judge', 'random', '--seed', '4'))).code).toBe(0);
    const first = await readRows('R.jsonl');
    expect((await run(judgeArgs('--judge', 'random', '--seed', '4'))).code).toBe(0);
    expect(await readRows('R.jsonl')).toEqual(first);
    expect(new Set(first.map(({ tiers }) => JSON.stringify(tiers))).size).toBeGreaterThan(2);
    expect((await run(judgeArgs('--judge', 'oracle'))).code).toBe(0);
    server = await startScriptedServer(() => saying('I like them all.'));
    const { code, stdout } = await run(judgeArgs(...openAi(server.baseUrl), '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ unparseable: 12 });
    expect((await readRows('R.jsonl'))[0]).toMatchObject({ tiers: null, verdict: 'I like them all.' });
  });

  test('a judge that goes down leaves no half file, keeps what it judged, and the next run asks only the rest', async () => {
    server = await startScriptedServer((request, number) =>
      number < 5 ? sensible(request) : { status: 401, body: apiKey },
    );
    const args = [...openAi(server.baseUrl), '--concurrency', '1'];
    const down = await run(judgeArgs(...args), { OPENAI_API_KEY: apiKey });
    expect(down.code).toBe(1);
    expect(down.stdout).toBe('');
    expect(down.stderr).toContain('error: The judge at http://127.0.0.1');
    expect(down.stderr).toContain('5 of 12 lines are judged and kept: run the same command again to go on.');
    expect(down.stderr + (await readFile(inFolder('R.jsonl.partial'), 'utf8'))).not.toContain(apiKey);
    expect((await readdir(folder)).toSorted()).toEqual(['R.jsonl.partial', 'S.jsonl']);

    // A kill may cut the last line.
    const partial = await readFile(inFolder('R.jsonl.partial'), 'utf8');
    await writeFile(inFolder('R.jsonl.partial'), partial.slice(0, -20));
    await server.close();
    const port = new URL(server.baseUrl).port;
    server = await startScriptedServer(sensible, Number(port));
    const again = await run(judgeArgs(...args));
    expect(again.stderr).toContain('4 of 12 lines were judged before and are kept.');
    expect(again.code).toBe(0);
    expect(server.requests).toHaveLength(8);
    expect((await readRows('R.jsonl')).map(({ id }) => id)).toEqual(samples.map(({ id }) => id));
    expect((await readdir(folder)).toSorted()).toEqual(['R.jsonl', 'S.jsonl']);
  });

  test('what another judge has judged is not taken over', async () => {
    server = await startScriptedServer((request, number) => (number < 3 ? sensible(request) : { status: 403 }));
    await run(judgeArgs(...openAi(server.baseUrl), '--concurrency', '1'));
    const { code, stderr } = await run(judgeArgs('--judge', 'random'));
    expect(code).toBe(0);
    expect(stderr).not.toContain('judged before');
    expect((await readRows('R.jsonl'))[0]?.verdict).toBe('in random order');
  });

  test('Ctrl-C stops it at once and keeps what is judged', async () => {
    server = await startScriptedServer((request, number) => (number < 2 ? sensible(request) : { delayMs: 30_000 }));
    const { child, ended } = start(judgeArgs(...openAi(server.baseUrl), '--concurrency', '1'));
    await expect.poll(() => server?.requests.length, { timeout: 20_000 }).toBe(3);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Cancelled. 2 of 12 lines are judged and kept');
    expect((await readdir(folder)).toSorted()).toEqual(['R.jsonl.partial', 'S.jsonl']);
  });

  test('a local model is a judge too; one of random weights gives no verdict', async () => {
    // The fixture with more positions than it was made for: rotary positions have no weights.
    await cp(join(root, 'engine/fixtures/llama'), inFolder('model'), { recursive: true });
    const config = JSON.parse(await readFile(inFolder('model/config.json'), 'utf8'));
    await writeFile(inFolder('model/config.json'), JSON.stringify({ ...config, max_position_embeddings: 4096 }));
    await writeRows('S.jsonl', samples.slice(0, 2));
    const { code, stderr, stdout } = await run(
      judgeArgs('--judge', 'local', '--judge-model', inFolder('model'), '--device', 'cpu', '--json'),
    );
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ judge: 'local', lines: 2, unparseable: 2 });
    const rows = await readRows('R.jsonl');
    expect(rows[0]?.verdict).not.toBe('');
  });

  test('bad input is one sentence, and nothing is written', async () => {
    await writeRows('One.jsonl', [samples[0] ?? {}, { prompt: 'x', responses: [{ text: 'a' }] }]);
    await writeFile(inFolder('Cut.jsonl'), '{"prompt":"a","responses":[]}\n{"prompt":');
    const cases: [string[], string][] = [
      [['--judge', 'openai'], 'error: --judge openai needs --judge-model'],
      [['--judge', 'oracle', '--responses', inFolder('none.jsonl')], 'none.jsonl: it does not exist.'],
      [
        ['--judge', 'oracle', '--responses', inFolder('One.jsonl')],
        'One.jsonl line 2: a judge ranks 2 to 8 responses, but there is 1.',
      ],
      [['--judge', 'oracle', '--responses', inFolder('Cut.jsonl')], 'Cut.jsonl line 2: this is not JSON'],
      [['--judge', 'oracle', '--out', inFolder('none/R.jsonl')], 'does not exist'],
      [['--judge', 'gpt'], 'Allowed choices are oracle, random, local, openai'],
      [['--judge', 'oracle', '--seed', '-1'], 'It must be a whole number from 0 to 4294967295.'],
    ];
    const before = (await readdir(folder)).toSorted();
    const results = await Promise.all(cases.map(([more]) => run(judgeArgs(...more, '--json'))));
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      expect(stderr).toContain(cases[index]?.[1]);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stdout).toBe('');
      expect(code).toBe(1);
    }
    expect((await readdir(folder)).toSorted()).toEqual(before);
  });
});

describe('pairs', () => {
  const pairsArgs = (...more: string[]) => [
    'pairs',
    '--rankings',
    inFolder('R.jsonl'),
    '--out',
    inFolder('P.jsonl'),
    ...more,
  ];
  const responses = [
    { text: 'b', token_ids: [5, 6], finish_reason: 'length' },
    { text: 'a', token_ids: [7, 2], finish_reason: 'stop' },
    { text: 'c' },
  ];
  const user = [{ role: 'user', content: 'Hi?' }];

  test('makes lines with margins, and the exact tokens where there are any', async () => {
    await writeRows('R.jsonl', [
      { prompt: 'Hi?', responses, tiers: [[1], [2], [0]] },
      { prompt: user, responses, tiers: [[2], [0, 1]] },
      { prompt: 'tied', responses, tiers: [[2, 0, 1]] },
      { prompt: 'none', responses, tiers: null },
      { prompt: 'alike', responses: [{ text: 'x' }, { text: 'x' }], tiers: [[0], [1]] },
    ]);
    const { code, stdout } = await run(pairsArgs('--policy', 'all', '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ policy: 'all', rankings: 5, pairs: 5, unparseable: 1, without_pair: 2 });
    const tokens = { chosen_token_ids: [7, 2], chosen_finish_reason: 'stop' };
    const rejected = { rejected_token_ids: [5, 6], rejected_finish_reason: 'length' };
    expect(await readRows('P.jsonl')).toEqual([
      { prompt: 'Hi?', chosen: 'a', rejected: 'c', margin: 0.5, ...tokens },
      { prompt: 'Hi?', chosen: 'a', rejected: 'b', margin: 1, ...tokens, ...rejected },
      { prompt: 'Hi?', chosen: 'c', rejected: 'b', margin: 0.5, ...rejected },
      {
        prompt: user,
        chosen: [{ role: 'assistant', content: 'c' }],
        rejected: [{ role: 'assistant', content: 'b' }],
        margin: 1,
        ...rejected,
      },
      {
        prompt: user,
        chosen: [{ role: 'assistant', content: 'c' }],
        rejected: [{ role: 'assistant', content: 'a' }],
        margin: 1,
        rejected_token_ids: [7, 2],
        rejected_finish_reason: 'stop',
      },
    ]);
  });

  test('best-worst is the default', async () => {
    await writeRows('R.jsonl', [{ prompt: 'Hi?', responses, tiers: [[1], [2], [0]] }]);
    expect((await run(pairsArgs())).stderr).toContain('Made 1 pair from 1 ranking (');
    expect(await readRows('P.jsonl')).toMatchObject([{ chosen: 'a', rejected: 'b', margin: 1 }]);
  });

  test('bad input is one sentence, and nothing is written', async () => {
    await writeRows('R.jsonl', [{ prompt: 'tied', responses, tiers: [[2, 0, 1]] }]);
    await writeRows('Bad.jsonl', [
      { prompt: 'Hi?', responses, tiers: [[1], [2], [0]] },
      { prompt: 'Hi?', responses, tiers: [[1], [0]] },
    ]);
    const results = await Promise.all([
      run(pairsArgs()),
      run(pairsArgs('--rankings', inFolder('Bad.jsonl'))),
      run(pairsArgs('--policy', 'worst-best')),
    ]);
    const told = [
      'R.jsonl gives no pair: every ranking in it is one tie',
      'Bad.jsonl line 2: "tiers" are no ranking: response 2 is missing from the tiers.',
      'Allowed choices are best-worst, best-second, best-random, adjacent, all',
    ];
    for (const [index, { code, stderr }] of results.entries()) {
      expect(stderr).toContain(told[index]);
      expect(code).toBe(1);
    }
    expect((await readdir(folder)).toSorted()).toEqual(['Bad.jsonl', 'R.jsonl']);
  });
});
