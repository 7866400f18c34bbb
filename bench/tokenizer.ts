// A byte-level BPE tokenizer of any size, by rule instead of by training: the bytes, then letters joined to pairs,
// pairs to triples and pairs to fours. Random models need one that every runtime can read, not one that knows words.
import { byteAlphabet } from '../demo/bpe.ts';
import type { Random } from '../engine/random.ts';

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');

/** The merges by rank, as many as a vocabulary of `size` has room for beside the 256 bytes. */
function* merges(): Generator<[string, string]> {
  const pairs = letters.flatMap((a) => letters.map((b): [string, string] => [a, b]));
  yield* pairs;
  for (const [a, b] of pairs) for (const c of letters) yield [a + b, c];
  for (const [a, b] of pairs) for (const [c, d] of pairs) yield [a + b, c + d];
}

/** tokenizer.json's content. */
export function buildTokenizer(size: number) {
  const chosen = [...take(merges(), size - 256)];
  const tokens = [...byteAlphabet(), ...chosen.map(([left, right]) => left + right)];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: chosen,
    },
  };
}

/** A text of exactly `tokens` tokens (an even number): two-letter words, each a space and a pair. */
export function randomPrompt(tokens: number, random: Random): string {
  const letter = () => letters[Math.floor(random.uniform() * letters.length)] ?? 'a';
  return Array.from({ length: tokens / 2 }, () => ` ${letter()}${letter()}`).join('');
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ >= count) return;
    yield item;
  }
}
