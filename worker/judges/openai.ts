// Any server that speaks OpenAI's chat/completions as a judge.
import { z } from 'zod';
import { openRemoteServer, type RemoteFields, type RemoteOptions, type RemoteRole } from '../backends/remote-server.ts';
import type { Ask } from './llm.ts';

export interface OpenAiOptions extends RemoteOptions {
  /** Room for an answer, in tokens. */
  maxTokens?: number;
}

const role: RemoteRole = {
  name: 'The judge',
  unavailable: 'JUDGE_UNAVAILABLE',
  refused: 'JUDGE_REFUSED',
  again: 'judge again',
  maxBodyBytes: 2 ** 20,
};
const path = 'chat/completions';

export function openOpenAiAsk(options: OpenAiOptions): Ask {
  const server = openRemoteServer(options, role);
  /** Newer models refuse some settings that older servers need, so they may change. */
  let settings: RemoteFields = { model: server.model, temperature: 0, max_tokens: options.maxTokens ?? 1024 };

  return async (messages, signal) => {
    const compose = () => ({ ...settings, messages });
    const json = await server.post(path, compose, signal, ({ messages: _, ...refused }, words) => {
      const adapted = adaptSettings(refused, words);
      settings = adapted ?? settings;
      return adapted !== null;
    });
    const content = replySchema.safeParse(json).data?.choices?.[0]?.message.content;
    if (content === undefined) {
      throw server.refusal(
        path,
        'answered with something else than a chat completion: check that its base URL is that of an OpenAI-compatible server (it usually ends with /v1).',
      );
    }
    if (content === null) return '';
    return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
  };
}

const replySchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z
            .union([z.string(), z.array(z.object({ text: z.string().optional() })), z.null()])
            .optional()
            .transform((content) => content ?? null),
        }),
      }),
    )
    .optional(),
});

/** Reasoning models refuse `max_tokens` and `temperature`: the settings without what was refused, or null. */
function adaptSettings(settings: RemoteFields, detail: string): RemoteFields | null {
  const { max_tokens, temperature, ...rest } = settings;
  if (max_tokens !== undefined && detail.includes('max_completion_tokens')) {
    return { ...rest, ...(temperature === undefined ? {} : { temperature }), max_completion_tokens: max_tokens };
  }
  if (temperature !== undefined && /temperature/i.test(detail)) {
    return { ...rest, ...(max_tokens === undefined ? {} : { max_tokens }) };
  }
  return null;
}
