// Text to token ids and back as Python's `tokenizers` does it. Hugging Face's JavaScript library does most of it; what
// it does otherwise is done here: where added tokens are found, what counts as white space, how split pieces are put
// together, bytes that are no UTF-8, and no tidying of spaces. Golden tests: tokenizer.test.ts.
import { Tokenizer as HubTokenizer, type PreTokenizer } from '@huggingface/tokenizers';
import { type AddedToken, createSplitter } from './added-tokens.ts';

export interface TextCodec {
  encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[] };
  /** Special tokens are left out, and so are ids that the tokenizer does not know (models' vocabularies are padded). */
  decode(ids: readonly number[]): string;
}

/** `definition` is tokenizer.json, `config` tokenizer_config.json. Throws where a part of it is not supported. */
export function createTextCodec(definition: object, config: object): TextCodec {
  const hub = new HubTokenizer(definition, config);
  const { model, normalizer, pre_tokenizer: preTokenizer, post_processor: postProcessor } = hub;
  if (!model) throw new Error('it has no model');
  const parts = definition as { pre_tokenizer: Part | null; added_tokens: AddedToken[]; model: { type?: string } };
  if (preTokenizer) mendPreTokenizer(preTokenizer as unknown as Built, parts.pre_tokenizer ?? {});
  if (hub.decoder) mendDecoder(hub.decoder as unknown as Built);
  const idOf = new Map(parts.added_tokens.map(({ content, id }) => [content, id]));
  const normalized = (text: string) => (normalizer ? normalizer.normalize(text) : text);
  const isRaw = ({ normalized: flag, special }: AddedToken) => !normalizer || !(flag ?? !special);
  const splitRaw = createSplitter(parts.added_tokens.filter(isRaw));
  const splitNormalized = createSplitter(
    parts.added_tokens
      .filter((token) => !isRaw(token))
      .map((token) => ({ ...token, content: normalized(token.content), written: token.content })),
  );

  /** Tokens of a text: added ones as they are written, the rest by the model. */
  const tokensOf = (text: string): string[] =>
    splitRaw(text).flatMap((section) => {
      if (section.added !== null) return [section.added];
      return splitNormalized(normalized(section.text)).flatMap((piece) => {
        if (piece.added !== null) return [piece.added];
        const isFirst = section.start === 0 && piece.start === 0;
        const words = preTokenizer
          ? preTokenizer.pre_tokenize(piece.text, { section_index: isFirst ? 0 : 1 })
          : [piece.text];
        return model._call(words);
      });
    });

  return {
    encode: (text, { add_special_tokens = true } = { add_special_tokens: true }) => {
      const tokens = tokensOf(text);
      const whole = postProcessor ? postProcessor.post_process(tokens, null, add_special_tokens).tokens : tokens;
      return {
        ids: whole.map((token) => (idOf.get(token) ?? model.tokens_to_ids.get(token) ?? model.unk_token_id) as number),
      };
    },
    decode: (ids) => {
      const known = ids.filter((id) => model.vocab[id] !== undefined);
      if (known.length === 0) return '';
      const isTidied = parts.model.type !== 'BPE' && 'clean_up_tokenization_spaces' in config;
      return hub.decode(known, {
        skip_special_tokens: true,
        clean_up_tokenization_spaces: isTidied && config.clean_up_tokenization_spaces === true,
      });
    },
  };
}

/** A part of tokenizer.json, and what the library made of it, as far as they are mended. */
interface Part {
  type?: string;
  pretokenizers?: Part[];
  behavior?: string;
  invert?: boolean;
  split?: boolean;
  replacement?: string;
}
type Built = Pick<PreTokenizer, 'pre_tokenize_text'> & {
  pattern?: RegExp;
  tokenizers?: (Built | null)[];
  decoders?: (Built | null)[];
  decode_chain?: (tokens: string[]) => string[];
  config?: Part;
};

function mendPreTokenizer(built: Built, part: Part): void {
  for (const [i, inner] of (part.pretokenizers ?? []).entries()) {
    const builtInner = built.tokenizers?.[i];
    if (builtInner) mendPreTokenizer(builtInner, inner);
  }
  if (part.type === 'Digits' && built.pattern) {
    built.pattern = new RegExp(built.pattern.source.replaceAll('\\d', '\\p{N}'), 'gu');
  } else if (built.pattern) {
    built.pattern = new RegExp(withUnicodeSpaces(built.pattern.source), built.pattern.flags);
  }
  const { pattern } = built;
  if (part.type === 'Split' && pattern && !part.invert) {
    built.pre_tokenize_text = (text) => joined(pieces(text, pattern), part.behavior ?? 'Isolated');
  }
  if (part.type === 'Metaspace' && part.split !== false) {
    const before = built.pre_tokenize_text.bind(built);
    const mark = part.replacement ?? '▁';
    built.pre_tokenize_text = (text, options) =>
      before(text, options).flatMap((word) => word.split(new RegExp(`(?=${escaped(mark)})`, 'u')));
  }
}

/** A text cut at the matches of a pattern. */
function pieces(text: string, pattern: RegExp): { text: string; isMatch: boolean }[] {
  const found: { text: string; isMatch: boolean }[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), isMatch: false });
    if (match[0] !== '') found.push({ text: match[0], isMatch: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), isMatch: false });
  return found;
}

/** What the matches of a split are put together with. */
function joined(found: readonly { text: string; isMatch: boolean }[], behavior: string): string[] {
  const words: string[] = [];
  for (const [i, { text, isMatch }] of found.entries()) {
    if (behavior === 'Removed' && isMatch) continue;
    const before = found[i - 1];
    const isJoined =
      before !== undefined &&
      ((behavior === 'MergedWithPrevious' && isMatch && !before.isMatch) ||
        (behavior === 'MergedWithNext' && before.isMatch && !isMatch) ||
        (behavior === 'Contiguous' && isMatch && before.isMatch));
    if (isJoined) words.push(`${words.pop()}${text}`);
    else words.push(text);
  }
  return words;
}

/** Unicode's White_Space: JavaScript's \s has U+FEFF besides, and lacks U+0085. */
const spaces = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

function withUnicodeSpaces(source: string): string {
  let isInClass = false;
  return source.replace(/\\[\s\S]|[[\]]/g, (token) => {
    if (token === '[') isInClass = true;
    else if (token === ']') isInClass = false;
    else if (token === '\\s') return isInClass ? spaces : `[${spaces}]`;
    else if (token === '\\S' && !isInClass) return `[^${spaces}]`;
    return token;
  });
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function mendDecoder(built: Built): void {
  for (const inner of built.decoders ?? []) if (inner) mendDecoder(inner);
  if (built.config?.type === 'ByteFallback') built.decode_chain = decodeBytes;
}

/** Runs of byte tokens as text; a run that is not UTF-8 as one replacement character per byte. */
function decodeBytes(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    texts.push(utf8(bytes) ?? '\ufffd'.repeat(bytes.length));
    bytes = [];
  };
  for (const token of tokens) {
    const [, digits] = /^<0x([0-9A-Fa-f]{2})>$/.exec(token) ?? [];
    if (digits) bytes.push(Number.parseInt(digits, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

function utf8(bytes: readonly number[]): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
