// A checkpoint's tokenizer and chat template, through Hugging Face's own libraries, and the rules by which a prompt
// and its completion become token ids: the same for sampling, scoring and training.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { EngineError, reasonOf } from '../errors.ts';
import type { ChatMessage, Completion, Prompt } from '../ports.ts';
import { exists, parseJson } from './safetensors.ts';

export interface Tokenizer {
  /** Ids of a prompt, up to where the assistant begins to speak. */
  encodePrompt(prompt: Prompt): number[];
  /** Ids of a prompt and of its completion. The completion ends as the template, or the EOS token, ends it. */
  encodePair(prompt: Prompt, completion: Completion): { prompt: number[]; completion: number[] };
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

export async function openTokenizer(folder: string, eosTokenIds: readonly number[]): Promise<Tokenizer> {
  const path = join(folder, 'tokenizer.json');
  if (!(await exists(path))) {
    throw new EngineError(
      'TOKENIZER_INVALID',
      `${folder} has no tokenizer.json: save the model's fast tokenizer into it.`,
    );
  }
  const definition = parseJson(await readFile(path, 'utf8'), path);
  const config = await readConfig(folder);
  let hub: HubTokenizer;
  try {
    hub = new HubTokenizer(definition as object, config);
    hub.encode('a');
  } catch (error) {
    throw new EngineError('TOKENIZER_INVALID', `${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
  const template = await readChatTemplate(folder, config);
  const specials = { bos_token: config.bos_token ?? '', eos_token: config.eos_token ?? '' };

  const render = (messages: ChatMessage[], options: { isOpen: boolean }): string => {
    if (template === null) {
      throw new EngineError(
        'CHAT_TEMPLATE_INVALID',
        `${folder} has no chat template (chat_template.jinja or "chat_template" in tokenizer_config.json): ` +
          'add one, or give prompts as plain text instead of messages.',
      );
    }
    try {
      return template.render({ messages, add_generation_prompt: options.isOpen, ...specials });
    } catch (error) {
      throw new EngineError('CHAT_TEMPLATE_INVALID', `${folder}: the chat template fails: ${reasonOf(error)}.`, {
        cause: error,
      });
    }
  };
  const encodeText = (text: string) => hub.encode(text).ids;
  const encodeChat = (messages: ChatMessage[], isOpen: boolean) =>
    hub.encode(render(messages, { isOpen }), { add_special_tokens: false }).ids;
  const encodePrompt = (prompt: Prompt) => (typeof prompt === 'string' ? encodeText(prompt) : encodeChat(prompt, true));

  return {
    encodePrompt,
    encodePair: (prompt, completion) => {
      const promptIds = encodePrompt(prompt);
      if (typeof completion === 'object' && 'tokenIds' in completion) {
        return { prompt: promptIds, completion: completion.tokenIds };
      }
      const full =
        typeof prompt === 'string'
          ? withEos(encodeText(prompt + asText(completion)), eosTokenIds)
          : encodeChat([...prompt, ...asMessages(completion)], false);
      if (promptIds.some((id, i) => full[i] !== id)) {
        throw new EngineError(
          'DATA_INVALID',
          `The tokens of the prompt ${JSON.stringify(excerpt(prompt))} change when its completion follows, ` +
            'so the completion cannot be told from it: end the prompt at a token boundary, or use messages.',
        );
      }
      return { prompt: promptIds, completion: full.slice(promptIds.length) };
    },
    decode: (ids) => (ids.length === 0 ? '' : hub.decode([...ids], { skip_special_tokens: true })),
  };
}

/** EOS exactly once: a tokenizer that ends every text itself is not doubled. */
function withEos(ids: number[], eosTokenIds: readonly number[]): number[] {
  const [eos] = eosTokenIds;
  const last = ids.at(-1);
  return eos === undefined || (last !== undefined && eosTokenIds.includes(last)) ? ids : [...ids, eos];
}

function asText(completion: string | ChatMessage[]): string {
  if (typeof completion === 'string') return completion;
  throw new EngineError('DATA_INVALID', 'A plain-text prompt needs a plain-text completion, not messages.');
}

const asMessages = (completion: string | ChatMessage[]): ChatMessage[] =>
  typeof completion === 'string' ? [{ role: 'assistant', content: completion }] : completion;

const excerpt = (prompt: Prompt) => (typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? '')).slice(0, 60);

async function readConfig(folder: string): Promise<z.infer<typeof configSchema>> {
  const path = join(folder, 'tokenizer_config.json');
  if (!(await exists(path))) return configSchema.parse({});
  const parsed = configSchema.safeParse(parseJson(await readFile(path, 'utf8'), path));
  if (!parsed.success) throw new EngineError('TOKENIZER_INVALID', `${path}: ${parsed.error.issues[0]?.message}.`);
  return parsed.data;
}

async function readChatTemplate(folder: string, config: z.infer<typeof configSchema>): Promise<Template | null> {
  const path = join(folder, 'chat_template.jinja');
  const stated = config.chat_template;
  const source = (await exists(path))
    ? await readFile(path, 'utf8')
    : typeof stated === 'string'
      ? stated
      : stated?.find(({ name }) => name === 'default')?.template;
  if (source === undefined) return null;
  try {
    return new Template(source);
  } catch (error) {
    throw new EngineError('CHAT_TEMPLATE_INVALID', `${folder}: the chat template is malformed: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}
