// BOS and EOS exactly once, whatever the tokenizer adds by itself; a text that brings its own BOS is no prompt to train on.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainConfigSchema } from '../config.ts';
import { prepareRows } from '../training/data.ts';
import { openCheckpoint } from './checkpoint.ts';
import { openTokenizer, type Tokenizer } from './tokenizer.ts';

// In this fixture 0 is <|endoftext|>, here the beginning, and 2 is <|im_end|>, the end.
const [bos, eos] = [0, 2];
const model = { eosTokenIds: [eos], vocabSize: 1000 };
const llama = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-ends-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The fixture's tokenizer with these special tokens around every text. */
async function frame(before: string[], after: string[]): Promise<string> {
  const copy = join(folder, [...before, '-', ...after].join(''));
  await cp(llama, copy, { recursive: true });
  const path = join(copy, 'tokenizer.json');
  const definition = JSON.parse(await readFile(path, 'utf8'));
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const ids: Record<string, number> = { '<|endoftext|>': bos, '<|im_end|>': eos };
  definition.post_processor = {
    type: 'TemplateProcessing',
    single: [...before.map(special), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(special)],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: Object.fromEntries(
      [...before, ...after].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
    ),
  };
  await writeFile(path, JSON.stringify(definition));
  return copy;
}

const openFramed = async (before: string[], after: string[]): Promise<Tokenizer> =>
  openTokenizer(await frame(before, after), model);

const frames: [string, string[], string[]][] = [
  ['adds nothing', [], []],
  ['begins every text', ['<|endoftext|>'], []],
  ['ends every text', [], ['<|im_end|>']],
  ['begins and ends every text', ['<|endoftext|>'], ['<|im_end|>']],
];

describe.each(frames)('a tokenizer that %s', (_, before, after) => {
  const started = before.length > 0 ? [bos] : [];

  test('gives a prompt its beginning and no end', async () => {
    const tokenizer = await openFramed(before, after);
    const [first, ...rest] = tokenizer.encodePrompt('good day');
    expect(started.length === 0 || first === bos).toBe(true);
    expect(rest).not.toContain(bos);
    expect([first, ...rest]).not.toContain(eos);
    expect(tokenizer.encodePrompt('')).toEqual(started);
  });

  test.each([
    ['plain', 'good', ' day'],
    ['with the end written out', 'good', ' day<|im_end|>'],
  ])('ends a completion once and begins its prompt once: %s', async (_what, prompt, completion) => {
    const tokenizer = await openFramed(before, after);
    const ids = tokenizer.encodePair(prompt, completion);
    expect(ids.completion.at(-1)).toBe(eos);
    expect([...ids.prompt, ...ids.completion].filter((id) => id === eos)).toHaveLength(1);
    expect([...ids.prompt, ...ids.completion].filter((id) => id === bos)).toHaveLength(started.length);
    const cut = tokenizer.encodePair(prompt, { cutText: ' day' });
    expect(cut.completion).not.toContain(eos);
    expect(cut.completion.length).toBeGreaterThan(0);
  });

  test('leaves a chat to its template: each turn ends once', async () => {
    const tokenizer = await openFramed(before, after);
    const { prompt, completion } = tokenizer.encodePair([{ role: 'user', content: 'hi' }], 'good day');
    expect(completion.filter((id) => id === eos)).toHaveLength(1);
    expect([...prompt, ...completion]).not.toContain(bos);
  });
});

test('a prompt that states the BOS that its tokenizer adds is refused, with its number and the way out', async () => {
  const checkpoint = await openCheckpoint(await frame(['<|endoftext|>'], []));
  const config = trainConfigSchema.parse({});
  const pair = { prompt: 'good', chosen: ' day', rejected: ' night' };
  const [row] = prepareRows(checkpoint, [pair], config);
  expect(row?.prompt.filter((id) => id === bos)).toHaveLength(1);
  const stated = { ...pair, prompt: '<|endoftext|>good' };
  expect(() => prepareRows(checkpoint, [pair, stated], config)).toThrow(/^Pair 2: its prompt begins with .* twice/);
});
