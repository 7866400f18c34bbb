// A checkpoint's chat template: where it stands in the folder, and the text that it makes of messages.
// It is given what transformers gives it: the messages, the special tokens that there are, and no tools or documents.
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { EngineError } from '../errors.ts';
import type { ChatMessage } from '../ports.ts';
import { markGeneration, readMarks } from './assistant-turns.ts';
import { fileLimits, readModelText } from './files.ts';
import { withinDeadline } from './guard.ts';
import { renderTemplate } from './render.ts';
import { exists } from './safetensors.ts';
import { libraryReason } from './words.ts';

export interface ChatTemplate {
  /** Whether the folder has one. */
  readonly isPresent: boolean;
  /** The text of a conversation, up to where the assistant begins to speak if it is open. Throws CHAT_TEMPLATE_INVALID. */
  render(messages: readonly ChatMessage[], options: { isOpen: boolean }): string;
  /** Places [start, end) in a closed conversation's text within {% generation %} blocks; null for a template without. */
  assistantSpans(messages: readonly ChatMessage[]): [number, number][] | null;
}

/** What tokenizer_config.json says of templates. */
export interface TemplateSettings {
  chat_template?: string | { name: string; template: string }[] | null | undefined;
  bos_token?: string | null | undefined;
  eos_token?: string | null | undefined;
  pad_token?: string | null | undefined;
  unk_token?: string | null | undefined;
}

/** How long a template may work, in milliseconds: ten times what it takes, and not for ever. */
const deadline = 1_000;

/** Reads the template; a folder without one gives one that says so when it is asked for. */
export async function readChatTemplate(folder: string, settings: TemplateSettings): Promise<ChatTemplate> {
  const source = await readSource(folder, settings.chat_template);
  const parse = (text: string) => guarded(folder, 'is malformed', () => new Template(text));
  const template = source === null ? null : parse(source);
  const marked = source === null ? null : markGeneration(source);
  const markedTemplate = marked === null ? null : parse(marked);
  const { bos_token, eos_token, pad_token, unk_token } = settings;
  const specials = Object.entries({ bos_token, eos_token, pad_token, unk_token }).filter(([, token]) => token != null);
  const write = (made: Template | null, messages: readonly ChatMessage[], isOpen: boolean) => {
    if (made === null) {
      throw new EngineError(
        'CHAT_TEMPLATE_INVALID',
        `${folder} has no chat template (chat_template.jinja or "chat_template" in tokenizer_config.json): ` +
          'add one, or give prompts as plain text instead of messages.',
      );
    }
    const given = { messages, add_generation_prompt: isOpen, tools: null, documents: null };
    return guarded(folder, 'fails', () => renderTemplate(made, { ...given, ...Object.fromEntries(specials) }));
  };
  return {
    isPresent: template !== null,
    render: (messages, { isOpen }) => write(template, messages, isOpen),
    assistantSpans: (messages) => {
      if (markedTemplate === null) return null;
      const spans = readMarks(write(markedTemplate, messages, false), write(template, messages, false));
      if (spans !== null) return spans;
      throw new EngineError(
        'CHAT_TEMPLATE_INVALID',
        `${folder}: the chat template changes what its {% generation %} blocks hold, so that the assistant's turns cannot be told.`,
      );
    },
  };
}

/** A file of its own has precedence; a list of named templates has one by the name "default". */
async function readSource(folder: string, stated: TemplateSettings['chat_template']): Promise<string | null> {
  const path = join(folder, 'chat_template.jinja');
  if (await exists(path)) return readModelText(path, 'CHAT_TEMPLATE_INVALID', fileLimits.template);
  const source = typeof stated === 'string' ? stated : stated?.find(({ name }) => name === 'default')?.template;
  if (source !== undefined && source.length > fileLimits.template) {
    throw new EngineError('CHAT_TEMPLATE_INVALID', `${folder}: the chat template has ${source.length} characters.`);
  }
  return source ?? null;
}

function guarded<T>(folder: string, what: string, work: () => T): T {
  const refuse = (why: string, cause?: unknown) =>
    new EngineError('CHAT_TEMPLATE_INVALID', `${folder}: the chat template ${why}.`, { cause });
  try {
    return withinDeadline(deadline, work, () => refuse('keeps working without end'));
  } catch (error) {
    throw error instanceof EngineError ? error : refuse(`${what}: ${libraryReason(error)}`, error);
  }
}
