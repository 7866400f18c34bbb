// Every shape over a file of its own in fixtures/, written as the tool or data set it is named after writes them.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ImportFormat, type ImportRow, openImport } from './open.ts';
import type { ImportedPrompt, LeftOut, Skip } from './prompt.ts';
import { sourceOf } from './rows.ts';
import { shapeNames } from './shape-names.ts';

const fixture = (name: string) => sourceOf(name, readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

async function readAll(name: string, format: ImportFormat = {}) {
  const opened = await openImport(fixture(name), format);
  const rows: ImportRow[] = [];
  for await (const row of opened.rows) rows.push(row);
  return { ...opened, rows };
}

const promptAt = (rows: ImportRow[], index: number): ImportedPrompt & { leftOut: LeftOut[] } => {
  const row = rows[index];
  if (!row || !('prompt' in row)) throw new Error(`row ${index} gave no prompt: ${JSON.stringify(row)}`);
  return { ...row.prompt, leftOut: row.leftOut };
};
const skipAt = (rows: ImportRow[], index: number): Skip & { line: number } => {
  const row = rows[index];
  if (!row || !('skip' in row)) throw new Error(`row ${index} was not skipped: ${JSON.stringify(row)}`);
  return { ...row.skip, line: row.place.number };
};
const textsOf = ({ responses }: ImportedPrompt) => responses.map(({ text }) => text);
const user = (content: string) => ({ role: 'user', content });

test.each([
  ['trl-preference.jsonl', 'trl-preference'],
  ['trl-unpaired.jsonl', 'trl-unpaired'],
  ['hh-rlhf.jsonl', 'hh-rlhf'],
  ['ultrafeedback.jsonl', 'ultrafeedback'],
  ['ultrafeedback-binarized.jsonl', 'ultrafeedback-binarized'],
  ['argilla-v2.json', 'argilla'],
  ['argilla-v2-columns.jsonl', 'argilla'],
  ['argilla-v1.jsonl', 'argilla'],
  ['argilla-v1-columns.jsonl', 'argilla'],
  ['label-studio.json', 'label-studio'],
  ['sharegpt.json', 'sharegpt'],
  ['messages.jsonl', 'messages'],
  ['openai-preference.jsonl', 'openai-preference'],
  ['rankloop.jsonl', 'rankloop'],
  ['excel.csv', 'rankloop'],
  ['qa.csv', null],
])('%s is recognised as %s', async (name, shape) => {
  expect((await openImport(fixture(name))).shape).toBe(shape);
});

describe('TRL', () => {
  test('pairs: with and without a prompt of their own, as texts and as messages', async () => {
    const { rows } = await readAll('trl-preference.jsonl');
    expect(promptAt(rows, 0)).toMatchObject({ messages: [user('The sky is')], rankings: [[[0], [1]]] });
    expect(textsOf(promptAt(rows, 0))).toEqual([' blue.', ' green.']);
    expect(promptAt(rows, 1).messages).toEqual([user('The sea is')]);
    expect(textsOf(promptAt(rows, 1))).toEqual([' deep.', ' dry.']);
    expect(textsOf(promptAt(rows, 2))).toEqual(['It is blue.', 'It is green.']);
    expect(promptAt(rows, 3).messages).toEqual([user('What colour is grass?')]);
    expect(skipAt(rows, 4)).toMatchObject({ reason: 'wrong-shape', line: 5 });
  });

  test("unpaired rows of one prompt are one prompt's responses, the good ones tied above the bad", async () => {
    const { rows } = await readAll('trl-unpaired.jsonl');
    const first = promptAt(rows, 0);
    expect(textsOf(first)).toEqual([' blue.', ' green.', ' clear.']);
    expect(first.rankings).toEqual([[[0, 2], [1]]]);
    const [reason] = rows.flatMap((row) => ('skip' in row ? row.skip.reason : []));
    expect(reason).toBe('wrong-shape');
    const alone = rows.flatMap((row) => ('prompt' in row ? [row] : [])).at(-1);
    expect(alone).toMatchObject({ prompt: { responses: [], rankings: [] }, leftOut: [{ reason: 'one-response' }] });
  });
});

test('HH-RLHF: turns, a blank line within one, and rows that are no pair of one prompt', async () => {
  const { rows } = await readAll('hh-rlhf.jsonl');
  expect(promptAt(rows, 0).messages).toEqual([user('How do I boil an egg?')]);
  expect(promptAt(rows, 1).messages).toEqual([
    user('Hi'),
    { role: 'assistant', content: 'Hello, what can I do?' },
    user('Name a river.\n\nIt may be long.'),
  ]);
  expect(textsOf(promptAt(rows, 1))).toEqual(['The Nile.', 'A river.']);
  expect(skipAt(rows, 2).reason).toBe('no-shared-prompt');
});

describe('UltraFeedback', () => {
  test('is ranked by the mean of its aspects, not by the overall score with its wrong tens; ties stay ties', async () => {
    const { rows } = await readAll('ultrafeedback.jsonl');
    const first = promptAt(rows, 0);
    expect(first.rankings).toEqual([[[1], [2, 3], [0]]]);
    expect(first.responses.map(({ source }) => source)).toEqual(['alpaca-7b', 'gpt-4', 'llama-2-7b-chat', 'bard']);
    expect(promptAt(rows, 1)).toMatchObject({ messages: [user('Say hi.')], responses: [], rankings: [] });
    expect(promptAt(rows, 2)).toMatchObject({ rankings: [], leftOut: [{ reason: 'unclear-ranking' }] });
  });

  test('binarized: three forms, and equal scores are a tie', async () => {
    const { rows } = await readAll('ultrafeedback-binarized.jsonl');
    expect(rows).toHaveLength(4);
    expect(promptAt(rows, 0)).toMatchObject({ messages: [user('Name a planet.')], rankings: [[[0], [1]]] });
    expect(textsOf(promptAt(rows, 0))).toEqual(['Mars.', 'The Moon.']);
    expect(promptAt(rows, 1).rankings).toEqual([[[0, 1]]]);
    expect(promptAt(rows, 2).responses).toEqual([
      { text: 'Io.', source: 'gpt-4' },
      { text: 'Mars.', source: 'bard' },
    ]);
    expect(promptAt(rows, 3)).toMatchObject({ messages: [user('Name a comet.')], rankings: [[[0], [1]]] });
  });
});

describe('Argilla', () => {
  test('2.x records: a ranking each person, the suggestion only where nobody answered', async () => {
    const { rows } = await readAll('argilla-v2.json');
    const first = promptAt(rows, 0);
    expect(first.messages).toEqual([user('Name a colour.\n\nFor a wall.')]);
    expect(first.rankings).toEqual([
      [[0], [2], [1]],
      [[2], [0], [1]],
    ]);
    expect(promptAt(rows, 1).rankings).toEqual([[[0], [1]]]);
  });

  test('2.x columns: answers that were discarded count for nothing', async () => {
    expect(promptAt((await readAll('argilla-v2-columns.jsonl')).rows, 0).rankings).toEqual([[[0], [1]]]);
  });

  test('1.x records: ranks with ties, drafts left aside, reply-1 as the field is called', async () => {
    const { rows } = await readAll('argilla-v1.jsonl');
    expect(promptAt(rows, 0).rankings).toEqual([[[0, 2], [1]]]);
  });

  test('1.x columns, as lists of records and as parquet has them', async () => {
    const { rows } = await readAll('argilla-v1-columns.jsonl');
    expect(promptAt(rows, 0).rankings).toEqual([[[1], [0]]]);
    expect(promptAt(rows, 1).rankings).toEqual([[[0], [1]]]);
  });
});

test('Label Studio: ranker, buckets (which are no order), pairwise, choices; cancelled annotations count for nothing', async () => {
  const { rows } = await readAll('label-studio.json');
  expect(promptAt(rows, 0).rankings).toEqual([[[0], [2], [1]]]);
  expect(promptAt(rows, 0).responses[0]).toEqual({ text: 'We will adapt.', source: 'LlamaModel' });
  expect(promptAt(rows, 1)).toMatchObject({ rankings: [], leftOut: [{ reason: 'unclear-ranking' }] });
  expect(textsOf(promptAt(rows, 1))).toEqual(['one', 'two']);
  expect(promptAt(rows, 2).rankings).toEqual([[[1], [0]]]);
  expect(promptAt(rows, 3)).toMatchObject({ messages: [user('Which of the two?')], rankings: [[[0], [1]]] });
});

describe('conversations', () => {
  test("ShareGPT: the assistant's last turn is a response, a tool's turn is not understood", async () => {
    const { rows } = await readAll('sharegpt.json');
    expect(promptAt(rows, 0).messages).toEqual([{ role: 'system', content: 'Be brief.' }, user('Name a bird.')]);
    expect(promptAt(rows, 0).leftOut).toMatchObject([{ reason: 'one-response' }]);
    expect(promptAt(rows, 1).messages).toEqual([user('Name a fish.')]);
    expect(skipAt(rows, 2).reason).toBe('wrong-shape');
  });

  test('OpenAI: text parts are text, a picture is not', async () => {
    const { rows } = await readAll('messages.jsonl');
    expect(promptAt(rows, 0).messages).toEqual([{ role: 'system', content: 'Be brief.' }, user('Name a tree.')]);
    expect(skipAt(rows, 1).reason).toBe('wrong-shape');
    expect(promptAt(rows, 2).messages).toEqual([user('Hi')]);
  });

  test("OpenAI's preferences", async () => {
    const { rows } = await readAll('openai-preference.jsonl');
    expect(promptAt(rows, 0).rankings).toEqual([[[0], [1]]]);
  });
});

describe('our own', () => {
  test('labels, sample and judge lines; tiers that name no response are left out, an unknown split is refused', async () => {
    const { rows } = await readAll('rankloop.jsonl');
    expect(promptAt(rows, 0)).toMatchObject({
      persona: 'a chemist',
      tags: ['chemistry', 'short'],
      language: 'en',
      qualifications: ['science'],
      priority: 3,
      split: 'heldout',
    });
    expect(promptAt(rows, 1).rankings).toEqual([[[0, 2], [1]]]);
    expect(textsOf(promptAt(rows, 2))).toEqual(['Citric.', 'Water.']);
    expect(promptAt(rows, 3)).toMatchObject({ rankings: [], leftOut: [{ reason: 'unclear-ranking' }] });
    expect(skipAt(rows, 4).detail).toContain('"split"');
  });

  test('a table from a spreadsheet: byte order mark, semicolons, quotes, line breaks; a formula is text', async () => {
    const { rows, container, columns } = await readAll('excel.csv');
    expect(container).toBe('csv');
    expect(columns).toEqual(['prompt', 'tags', 'language', 'priority']);
    expect(promptAt(rows, 0)).toMatchObject({ messages: [user('What is "wet"?\r\nExplain.')], tags: ['wet', 'short'] });
    expect(promptAt(rows, 1)).toMatchObject({ messages: [user('=HYPERLINK("http://x")')], priority: null });
  });
});

describe('columns that somebody chose', () => {
  const mapping = {
    prompt: 'Question',
    system: 'System',
    responses: ['Good answer', 'Bad answer'],
    isBestFirst: true,
  };

  test('become prompts, and __proto__ is a column like any other', async () => {
    const { rows, columns, shape } = await readAll('qa.csv', { mapping });
    expect(shape).toBe('columns');
    expect(columns).toContain('__proto__');
    expect(promptAt(rows, 0)).toMatchObject({
      messages: [{ role: 'system', content: 'Be exact.' }, user('How tall is it?')],
      responses: [{ text: '330 m, with antennas' }, { text: 'tall' }],
      rankings: [[[0], [1]]],
    });
    expect(promptAt(rows, 1).messages).toEqual([user('Who built it?')]);
  });

  test('must be there', async () => {
    await expect(readAll('qa.csv', { mapping: { ...mapping, prompt: 'Ask' } })).rejects.toThrow('no column "Ask"');
  });
});

test.each(shapeNames)('%s refuses rows of other kinds with a reason, whatever they are', async (shape) => {
  const lines = ['1', 'null', '[]', '"text"', '{}', '{"prompt": 5, "chosen": {}, "rejected": [1], "completion": {}}'];
  const deep = `{"prompt": ${'['.repeat(3000)}${']'.repeat(3000)}}`;
  const hostile = '{"__proto__": {"prompt": "x"}, "constructor": {"prompt": "x"}, "fields": {"__proto__": "x"}}';
  const opened = await openImport(sourceOf('odd.jsonl', ['{"prompt": "p"}', ...lines, deep, hostile].join('\n')), {
    shape,
  });
  const rows: ImportRow[] = [];
  for await (const row of opened.rows) rows.push(row);
  for (const row of rows.slice(1)) expect(row).toMatchObject({ skip: { reason: 'wrong-shape' } });
  expect(({} as { prompt?: string }).prompt).toBeUndefined();
});

test('a mark of "1" is not taken for a preference of response 1', async () => {
  const record = {
    fields: { prompt: 'Name a sea.', response1: 'Black.', response2: 'Dry.' },
    responses: { quality: [{ value: '1', user_id: 'u' }], best: [{ value: 'Response-2', user_id: 'u' }] },
  };
  const opened = await openImport(sourceOf('a.jsonl', JSON.stringify(record)));
  const rows: ImportRow[] = [];
  for await (const row of opened.rows) rows.push(row);
  expect(promptAt(rows, 0).rankings).toEqual([[[1], [0]]]);
});

test.each([
  [
    'half pairs, half prompts',
    ['{"prompt": "p", "chosen": "a", "rejected": "b"}', '{"prompt": "p"}'],
    'trl-preference',
  ],
  [
    'prompts and one pair',
    ['{"prompt": "p"}', '{"prompt": "p"}', '{"prompt": "p", "chosen": "a", "rejected": "b"}'],
    'trl-prompt',
  ],
  ['nothing known', ['{"ask": "p"}'], null],
])('a file of %s', async (_, lines, shape) => {
  expect((await openImport(sourceOf('a.jsonl', lines.join('\n')))).shape).toBe(shape);
});
