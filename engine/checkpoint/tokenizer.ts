// A checkpoint's tokenizer and chat template, through Hugging Face's own libraries, and the rules by which a prompt
// and its completion become token ids: the same for sampling, scoring and training.
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import type { ChatMessage, Completion, Prompt } from '../ports.ts';
import type { AddedToken } from './added-tokens.ts';
import { assistantMask } from './assistant-turns.ts';
import { readChatTemplate } from './chat-template.ts';
import { fileLimits, parseModelJson, readModelJson, readModelText } from './files.ts';
import type { FormattingTokens } from './formatting-tokens.ts';
import { withinDeadline } from './guard.ts';
import type { ModelConfig } from './model-config.ts';
import { exists } from './safetensors.ts';
import { createTextCodec } from './text-codec.ts';
import { checkDefinition, decodesSimply } from './tokenizer-definition.ts';
import { libraryReason } from './words.ts';

export interface Tokenizer {
  /** Ids of a prompt, up to where the assistant begins to speak. */
  encodePrompt(prompt: Prompt): number[];
  /** Ids of a prompt and of its completion. The completion ends as the template, or the EOS token, ends it. */
  encodePair(prompt: Prompt, completion: Completion): { prompt: number[]; completion: number[] };
  /** What tells a completion's formatting from its words. */
  formatting(): FormattingTokens;
  /** Ids of a closed conversation, and for each whether the assistant has said it. Every assistant's turn counts. */
  encodeConversation(messages: ChatMessage[]): { ids: number[]; isAssistant: boolean[] };
  /** Text without special tokens. */
  decode(ids: readonly number[]): string;
}

const specialToken = z
  .union([z.string(), z.object({ content: z.string() }).transform((token) => token.content)])
  .nullish();
const configSchema = z.looseObject({
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
  bos_token: specialToken,
  eos_token: specialToken,
  pad_token: specialToken,
  unk_token: specialToken,
});

/** How long a stranger's file may keep us busy, in milliseconds: ten times what it takes, and not for ever. */
const deadlines = {
  decode: 1_500,
  open: (bytes: number) => 1_500 + bytes / 4_000,
  encode: (characters: number) => Math.min(3_500, 1_500 + characters / 100),
};

export async function openTokenizer(
  folder: string,
  { eosTokenIds, vocabSize }: Pick<ModelConfig, 'eosTokenIds' | 'vocabSize'>,
): Promise<Tokenizer> {
  const path = join(folder, 'tokenizer.json');
  const configPath = join(folder, 'config.json');
  if (!(await exists(path))) {
    throw new EngineError(
      'TOKENIZER_INVALID',
      `${folder} has no tokenizer.json: save the model's fast tokenizer into it.`,
    );
  }
  const source = await readModelText(path, 'TOKENIZER_INVALID', fileLimits.tokenizer);
  const definition = checkDefinition(parseModelJson(source, path, 'TOKENIZER_INVALID'), path);
  const config = await readConfig(folder);
  const refuse = (why: string, cause?: unknown) =>
    new EngineError('TOKENIZER_INVALID', `${path} cannot be used: ${why}.`, { cause });
  const endless = () => refuse('it keeps working without end');
  /** For the library's work alone: what it throws is the file's fault. */
  const guarded = <T>(milliseconds: number, work: () => T): T => {
    try {
      return withinDeadline(milliseconds, work, endless);
    } catch (error) {
      throw error instanceof EngineError ? error : refuse(libraryReason(error), error);
    }
  };
  const codec = guarded(deadlines.open(source.length), () => createTextCodec(definition, config));
  const encode = (text: string, options?: { add_special_tokens: boolean }) =>
    checkIds(
      guarded(deadlines.encode(text.length), () => codec.encode(text, options).ids),
      vocabSize,
      path,
    );
  const addedEnd = addedEndOf(encode('a'), encode('a', { add_special_tokens: false }));
  // Of several end-of-sequence ids, a text ends with the tokenizer's own.
  const ownEos = guarded(deadlines.decode, () => codec.encode(config.eos_token ?? '', { add_special_tokens: false }));
  const endings = ownEos.ids.length === 1 ? eosTokenIds.filter((id) => ownEos.ids.includes(id)) : [];
  const isSimple = 'decoder' in definition && decodesSimply(definition.decoder);
  const template = await readChatTemplate(folder, config);
  const encodeText = (text: string) => encode(text);
  /** What a tokenizer ends every text with has no place before a completion. */
  const encodeTextPrompt = (text: string) => {
    const ids = encodeText(text);
    return addedEnd !== null && ids.at(-1) === addedEnd ? ids.slice(0, -1) : ids;
  };
  const encodeChat = (messages: ChatMessage[], isOpen: boolean) =>
    encode(template.render(messages, { isOpen }), { add_special_tokens: false });
  /** A prompt and a completion that was cut: nothing ends it. */
  const encodeCut = (prompt: Prompt, text: string) => {
    if (typeof prompt !== 'string')
      return encode(template.render(prompt, { isOpen: true }) + text, { add_special_tokens: false });
    const ids = encodeText(prompt + text);
    return eosTokenIds.includes(ids.at(-1) ?? -1) ? ids.slice(0, -1) : ids;
  };
  const encodePrompt = (prompt: Prompt) =>
    typeof prompt === 'string' ? encodeTextPrompt(prompt) : encodeChat(prompt, true);
  const encodePair: Tokenizer['encodePair'] = (prompt, completion) => {
    const promptIds = encodePrompt(prompt);
    if (typeof completion === 'object' && 'tokenIds' in completion) {
      return { prompt: promptIds, completion: checkIds(completion.tokenIds, vocabSize, 'The stored completion') };
    }
    const full =
      typeof completion === 'object' && 'cutText' in completion
        ? encodeCut(prompt, completion.cutText)
        : typeof prompt === 'string'
          ? checkIds(
              withEos(encodeText(prompt + asText(completion)), [...endings, ...eosTokenIds]),
              vocabSize,
              configPath,
            )
          : encodeChat([...prompt, ...asMessages(completion)], false);
    if (promptIds.some((id, i) => full[i] !== id)) {
      throw new EngineError(
        'DATA_INVALID',
        `The tokens of the prompt ${JSON.stringify(excerpt(prompt))} change when its completion follows, ` +
          'so the completion cannot be told from it: end the prompt at a token boundary, or use messages.',
      );
    }
    return { prompt: promptIds, completion: full.slice(promptIds.length) };
  };

  /** The template around the assistant's words, read off a conversation of one word; none without a template. */
  const readFormatting = (): FormattingTokens => {
    const ask: ChatMessage[] = [{ role: 'user', content: 'a' }];
    const around = () => {
      const closed = encodeChat([...ask, { role: 'assistant', content: 'a' }], false);
      const open = encodeChat(ask, true);
      const spoken = encodeCut(ask, 'a');
      return { opening: open.slice(encodeChat(ask, false).length), ending: closed.slice(spoken.length) };
    };
    const { opening, ending } = template.isPresent ? around() : { opening: [], ending: [] };
    const isFormatting = ({ id, special }: AddedToken) => special || opening.includes(id) || ending.includes(id);
    const { added_tokens: added } = definition as { added_tokens: AddedToken[] };
    return { special: new Set(added.filter(isFormatting).map(({ id }) => id)), opening, ending };
  };
  let formatting: FormattingTokens | null = null;

  return {
    formatting: () => {
      formatting ??= readFormatting();
      return formatting;
    },
    // One guard around all of it: a guard costs as much as rendering a short prompt, one within another nothing.
    encodePrompt: (prompt) => withinDeadline(deadlines.encode(lengthOf(prompt)), () => encodePrompt(prompt), endless),
    encodePair: (prompt, completion) => {
      const characters = 2 * lengthOf(prompt) + lengthOf(completion);
      return withinDeadline(deadlines.encode(characters), () => encodePair(prompt, completion), endless);
    },
    encodeConversation: (messages) => {
      const work = () => {
        const text = template.render(messages, { isOpen: false });
        const encodeAlone = (part: string) => encode(part, { add_special_tokens: false });
        const ids = encodeAlone(text);
        const isAssistant = assistantMask(messages, template.assistantSpans(messages), {
          ids,
          encodeTextTo: (place) => encodeAlone(text.slice(0, place)),
          encodeFirst: (count, isOpen) => encodeChat(messages.slice(0, count), isOpen),
        });
        return { ids, isAssistant };
      };
      // Every turn reads the conversation before it again.
      return withinDeadline(deadlines.encode(2 * messages.length * lengthOf(messages)), work, endless);
    },
    decode: (ids) => (isSimple ? codec.decode(ids) : guarded(deadlines.decode, () => codec.decode(ids))),
  };
}

/** A tokenizer may belong to a larger model, and has no id for what its own parts do not agree on. */
function checkIds(ids: number[], vocabSize: number, source: string): number[] {
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
  if (wrong === undefined && !ids.includes(undefined as never)) return ids;
  const what = wrong === undefined ? 'no id for a part of the text' : `the id ${wrong}`;
  throw new EngineError(
    'TOKENIZER_INVALID',
    `${source} does not fit the model: it gives ${what}, and the model's vocab_size is ${vocabSize}.`,
  );
}

/** What a tokenizer puts at the end of every text: its ids of one, with and without special tokens. */
function addedEndOf(framed: readonly number[], plain: readonly number[]): number | null {
  const end = framed.at(-1);
  return end === undefined || end === plain.at(-1) ? null : end;
}

/** EOS exactly once: neither one that the text itself ends with nor one that the tokenizer adds is doubled. */
function withEos(ids: number[], eosTokenIds: readonly number[]): number[] {
  const [eos] = eosTokenIds;
  const isEos = (id: number | undefined) => id !== undefined && eosTokenIds.includes(id);
  if (isEos(ids.at(-1))) return ids.at(-2) === ids.at(-1) ? ids.slice(0, -1) : ids;
  return eos === undefined ? ids : [...ids, eos];
}

function asText(completion: string | ChatMessage[]): string {
  if (typeof completion === 'string') return completion;
  throw new EngineError('DATA_INVALID', 'A plain-text prompt needs a plain-text completion, not messages.');
}

const asMessages = (completion: string | ChatMessage[]): ChatMessage[] =>
  typeof completion === 'string' ? [{ role: 'assistant', content: completion }] : completion;

/** Characters of a prompt or completion that are to be read. */
function lengthOf(text: Prompt | Completion): number {
  if (typeof text === 'string') return text.length;
  if (Array.isArray(text)) return text.reduce((total, { content }) => total + content.length, 0);
  return 'cutText' in text ? text.cutText.length : 0;
}

const excerpt = (prompt: Prompt) => (typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? '')).slice(0, 60);

async function readConfig(folder: string): Promise<z.infer<typeof configSchema>> {
  const path = join(folder, 'tokenizer_config.json');
  if (!(await exists(path))) return configSchema.parse({});
  const raw = await readModelJson(path, 'TOKENIZER_INVALID', fileLimits.tokenizerConfig);
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path[0];
  const why = field === undefined ? 'it is not a JSON object' : `${String(field)} has a value of the wrong type`;
  throw new EngineError('TOKENIZER_INVALID', `${path}: ${why}.`);
}
