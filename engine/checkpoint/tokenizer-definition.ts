// What tokenizer.json must be before Hugging Face's library builds on it. The library checks little: a hole in a file
// would show as an id that is none, and a size that it trusts as a process without memory.
import { EngineError } from '../errors.ts';
import { asStated, listed, quoted } from './words.ts';

/** Bounds with a wide margin over what is known: a vocabulary of 262,144, 7,000 added tokens, patterns of 2 kB. */
const largestId = 2 ** 24;
const mostAddedTokens = 20_000;
const longestAddedToken = 1_000;
/** A unigram model keeps a node for each character of its vocabulary. */
const longestUnigramVocabulary = 4_000_000;
const longestText = 10_000;
const mostParts = 10_000;

/** The models that the library has; for another type it would take the nearest. */
const modelTypes: readonly unknown[] = ['BPE', 'Unigram', 'WordPiece', undefined];
const parts = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;

/** The definition, when nothing in it can surprise the library; else TOKENIZER_INVALID with the reason. */
export function checkDefinition(definition: unknown, path: string): object {
  const refuse = (why: string) => new EngineError('TOKENIZER_INVALID', `${path} cannot be used: ${why}.`);
  if (!isObject(definition)) throw refuse('it is not a JSON object');
  const { model, added_tokens: added } = definition;
  if (!isObject(model)) throw refuse('it has no "model"');
  if (!modelTypes.includes(model.type)) throw refuse(`its model is of the type ${asStated(model.type)}`);
  const problem = vocabularyProblem(model) ?? mergesProblem(model) ?? addedTokensProblem(added);
  if (problem) throw refuse(problem);
  for (const part of parts) {
    if (!(part in definition)) throw refuse(`it has no "${part}"`);
    const why = partProblem(definition[part]);
    if (why) throw refuse(`its "${part}" ${why}`);
  }
  return definition;
}

/**
 * True where decoding takes time in proportion to the text: what is replaced is text that does not grow by it. Others
 * run regular expressions, or double the text, and want a deadline each time.
 */
export function decodesSimply(decoder: unknown): boolean {
  if (!isObject(decoder) || !('type' in decoder)) return true;
  if (decoder.type === 'Sequence') return Array.isArray(decoder.decoders) && decoder.decoders.every(decodesSimply);
  if (decoder.type !== 'Replace') return true;
  const { pattern, content } = decoder;
  const replaced = isObject(pattern) && typeof pattern.String === 'string' ? pattern.String.length : 0;
  return typeof content === 'string' && content.length <= replaced;
}

function vocabularyProblem({ vocab, type }: Record<string, unknown>): string | null {
  if (Array.isArray(vocab)) return unigramProblem(vocab);
  if (!isObject(vocab)) return 'its model has no "vocab"';
  if (type === 'Unigram') return 'its unigram vocabulary is no list';
  for (const token in vocab) {
    if (!isId(vocab[token])) return `the id of the token ${quoted(token)} is no whole number from 0 to ${largestId}`;
  }
  return null;
}

function unigramProblem(vocab: readonly unknown[]): string | null {
  let characters = 0;
  for (const [i, entry] of vocab.entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'number') {
      return `entry ${i} of its vocabulary is no token with a score`;
    }
    characters += entry[0].length;
  }
  return characters > longestUnigramVocabulary ? `its vocabulary has ${characters} characters` : null;
}

/** As the original library does: what two tokens merge into is a token. */
function mergesProblem({ type, merges, vocab, continuing_subword_prefix }: Record<string, unknown>): string | null {
  if (merges === undefined && type !== 'BPE') return null;
  if (!Array.isArray(merges) || !isObject(vocab)) return 'its merges are no list';
  if (continuing_subword_prefix) return null;
  const hasToken = (token: string) => Object.hasOwn(vocab, token);
  for (let i = 0; i < merges.length; i++) {
    const merge: unknown = merges[i];
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    if (typeof left !== 'string' || typeof right !== 'string') return `merge ${i} is no pair of tokens`;
    if (hasToken(left) && hasToken(right) && hasToken(left + right)) continue;
    const missing = [left, right, left + right].filter((token) => !hasToken(token));
    return `merge ${i} names what is no token: ${listed(missing)}`;
  }
  return null;
}

function addedTokensProblem(added: unknown): string | null {
  if (!Array.isArray(added)) return 'it has no list of "added_tokens"';
  if (added.length > mostAddedTokens) return `it has ${added.length} added tokens, more than ${mostAddedTokens}`;
  for (const [i, token] of added.entries()) {
    if (!isObject(token) || typeof token.content !== 'string' || !isId(token.id)) {
      return `added token ${i} has no id or no content`;
    }
    if (token.content.length > longestAddedToken) {
      return `added token ${i} has ${token.content.length} characters`;
    }
  }
  return null;
}

/** Checks all that a part is made of, whatever its type: the library names the types that it does not know. */
function partProblem(part: unknown): string | null {
  if (part !== null && !isObject(part)) return 'is no object';
  const waiting: unknown[] = [part];
  let seen = 0;
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (++seen > mostParts) return `has more than ${mostParts} parts`;
    if (typeof value === 'string' && value.length > longestText) return `has a text of ${value.length} characters`;
    if (typeof value !== 'object' || value === null) continue;
    if ('type' in value && value.type === 'FixedLength' && !isPositive(value)) return 'cuts pieces of no length';
    for (const [name, inner] of Object.entries(value)) {
      // SentencePiece's compiled rules, which the library does not read.
      if (name !== 'precompiled_charsmap') waiting.push(inner);
    }
  }
  return null;
}

const isPositive = (value: object) => 'length' in value && Number.isInteger(value.length) && Number(value.length) > 0;

const isId = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= largestId;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
