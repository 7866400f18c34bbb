// Tokenizers and chat templates of the real kinds against transformers (fixtures/scripts/make_tokenizers.py): byte-level
// BPE as in Llama 3, Qwen, Phi-4 and SmolLM, and SentencePiece's BPE with byte fallback as in Llama 2, Mistral, Gemma
// and Phi-3; added tokens beside and inside words, white space of all kinds, bytes that are no UTF-8.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChatMessage } from '../ports.ts';
import { createSplitter } from './added-tokens.ts';
import { readChatTemplate } from './chat-template.ts';
import { strftime } from './python-jinja.ts';
import { openTokenizer } from './tokenizer.ts';

interface Chat {
  text?: string;
  ids?: number[];
  error?: string;
}
interface Golden {
  /** Open, as a prompt, and closed. */
  chats: [Chat, Chat][];
  texts: number[][];
  decoded: [number[], string][];
}
const fixtures = fileURLToPath(new URL('../fixtures/tokenizers/', import.meta.url));
const { now, chats, texts, gold } = JSON.parse(await readFile(`${fixtures}gold.json`, 'utf8')) as {
  now: string;
  chats: ChatMessage[][];
  texts: string[];
  gold: Record<string, Golden>;
};
const open = (kind: string) => openTokenizer(join(fixtures, kind), { eosTokenIds: [1, 2], vocabSize: 1000 });
const settingsOf = async (kind: string) =>
  JSON.parse(await readFile(join(fixtures, kind, 'tokenizer_config.json'), 'utf8'));

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
});
afterAll(() => {
  vi.useRealTimers();
});

for (const [kind, golden] of Object.entries(gold)) {
  describe(kind, () => {
    test('chats become the same text and ids, or are refused with the same words', async () => {
      const tokenizer = await open(kind);
      const template = await readChatTemplate(join(fixtures, kind), await settingsOf(kind));
      for (const [i, messages] of chats.entries()) {
        for (const [k, isOpen] of [true, false].entries()) {
          const { text, error } = golden.chats[i]?.[k] ?? {};
          const render = () => template.render(messages, { isOpen });
          if (error) expect(render).toThrow(error);
          else expect(render()).toBe(text);
        }
        const { ids } = golden.chats[i]?.[0] ?? {};
        if (ids) expect(tokenizer.encodePrompt(messages), JSON.stringify(messages)).toEqual(ids);
      }
    });

    test('texts become the same ids', async () => {
      const tokenizer = await open(kind);
      for (const [i, text] of texts.entries()) {
        expect(tokenizer.encodePrompt(text), JSON.stringify(text)).toEqual(golden.texts[i]);
      }
    });

    test('ids become the same text', async () => {
      const tokenizer = await open(kind);
      for (const [ids, text] of golden.decoded) expect(tokenizer.decode(ids), String(ids)).toBe(text);
    });
  });
}

describe('special tokens come exactly once', () => {
  test('BOS, whether the template or the post-processor writes it', async () => {
    for (const [kind, bos] of [
      ['llama3', 0],
      ['llama2', 1],
      ['mistral', 1],
      ['gemma', 2],
    ] as const) {
      const tokenizer = await open(kind);
      const count = (ids: number[]) => ids.filter((id) => id === bos).length;
      expect(count(tokenizer.encodePrompt(chats[0] as ChatMessage[])), kind).toBe(1);
      expect(count(tokenizer.encodePrompt('where is')), kind).toBe(1);
    }
  });

  test('EOS at the end of plain text: of several, the one that the tokenizer names', async () => {
    const tokenizer = await openTokenizer(join(fixtures, 'llama3'), { eosTokenIds: [1, 4], vocabSize: 1000 });
    expect(tokenizer.encodePair('where is', ' my order').completion.at(-1)).toBe(4);
    const { completion } = tokenizer.encodePair('where is', ' my order<|eot_id|>');
    expect(completion.filter((id) => id === 4)).toHaveLength(1);
  });

  test('EOS at the end of a chat', async () => {
    for (const [kind, eos] of [
      ['mistral', 2],
      ['llama2', 2],
      ['llama3', 4],
    ] as const) {
      const tokenizer = await openTokenizer(join(fixtures, kind), { eosTokenIds: [eos], vocabSize: 1000 });
      const { completion } = tokenizer.encodePair(chats[0] as ChatMessage[], 'It was sent.');
      expect(
        completion.filter((id) => id === eos),
        kind,
      ).toHaveLength(1);
      expect(completion.at(-1)).toBe(eos);
    }
  });
});

describe('what the goldens lack', () => {
  test('added tokens that stand as whole words only, overlap, or take the space beside them', () => {
    const cut = createSplitter([
      { content: 'ab', id: 0, single_word: true },
      { content: '<x>', id: 1 },
      { content: '<x><x>', id: 2, lstrip: true, rstrip: true },
    ]);
    const added = (text: string) => cut(text).map(({ added: name, text: piece }) => (name === null ? piece : [name]));
    expect(added('ab cab ab1 (ab)')).toEqual([['ab'], ' cab ab1 (', ['ab'], ')']);
    expect(added('a <x> <x><x> <x>')).toEqual(['a ', ['<x>'], ['<x><x>'], ['<x>']]);
  });

  test('dates as Python writes them', () => {
    const date = new Date(2025, 2, 7, 15, 4, 5);
    expect(strftime(date, '%A %a, %-d %B %b %Y %y, %I:%M:%S %p %H 100%%')).toBe(
      'Friday Fri, 7 March Mar 2025 25, 03:04:05 PM 15 100%',
    );
    expect(() => strftime(date, '%G')).toThrow('strftime_now does not know %G');
  });

  test('splits that keep what they find, and Metaspace that splits', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rankloop-tokenizer-'));
    try {
      const stated = JSON.parse(await readFile(join(fixtures, 'gemma', 'tokenizer.json'), 'utf8'));
      const vocab = { '<unk>': 0, a: 1, '-': 2, b: 3, 'a-': 4, '-b': 5, '--': 6, '▁': 7, '▁a': 8, 'a▁': 9 };
      const merges = [
        ['a', '▁'],
        ['a', '-'],
        ['-', 'b'],
        ['-', '-'],
        ['▁', 'a'],
      ];
      const encodeWith = async (preTokenizer: unknown, text: string) => {
        const definition = {
          ...stated,
          normalizer: null,
          post_processor: null,
          added_tokens: [],
          pre_tokenizer: preTokenizer,
          model: { ...stated.model, vocab, merges },
        };
        await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(definition));
        return (await openTokenizer(folder, { eosTokenIds: [], vocabSize: 10 })).encodePrompt(text);
      };
      const split = (behavior: string) => ({ type: 'Split', pattern: { String: '-' }, behavior, invert: false });
      expect(await encodeWith(split('Isolated'), 'a-b')).toEqual([1, 2, 3]);
      expect(await encodeWith(split('MergedWithPrevious'), 'a-b')).toEqual([4, 3]);
      expect(await encodeWith(split('MergedWithNext'), 'a-b')).toEqual([1, 5]);
      expect(await encodeWith(split('Contiguous'), 'a--b')).toEqual([1, 6, 3]);
      expect(await encodeWith(split('Removed'), 'a-b')).toEqual([1, 3]);
      const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never' };
      expect(await encodeWith({ ...metaspace, split: true }, 'a a')).toEqual([1, 8]);
      expect(await encodeWith({ ...metaspace, split: false }, 'a a')).toEqual([9, 1]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
