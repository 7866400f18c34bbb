// Conditional preference optimisation: what a prompt is answered as (a persona) and what the answer should be like (tags)
// become a prefix of the prompt, so that one policy learns them all. Sampling and training render it here alone.
import { z } from 'zod';
import type { ChatMessage, Prompt } from '../engine/ports.ts';

export const conditionNames = ['persona', 'tags'] as const;
export type ConditionName = (typeof conditionNames)[number];

/** Names in one order, each once, so that two ways of asking for the same are equal. */
export const conditionsSchema = z
  .array(z.enum(conditionNames))
  .transform((asked): ConditionName[] => conditionNames.filter((name) => asked.includes(name)));

export interface Conditions {
  persona?: string | null | undefined;
  tags?: readonly string[] | null | undefined;
}

const prefixes: { [C in ConditionName]: (conditions: Conditions) => string } = {
  persona: ({ persona }) => (persona ? `${persona}\n\n` : ''),
  tags: ({ tags }) => (tags && tags.length > 0 ? `${tags.map((tag) => `[${tag}]`).join(' ')}\n` : ''),
};

/**
 * The prompt behind the prefix of those conditions that are asked for and that it has: in front of the text, or of the
 * first message, whose role stays (a system message of our own would be refused by templates that have none).
 */
export function conditioned(
  prompt: ChatMessage[],
  conditions: Conditions,
  asked: readonly ConditionName[],
): ChatMessage[];
export function conditioned(prompt: Prompt, conditions: Conditions, asked: readonly ConditionName[]): Prompt;
export function conditioned(prompt: Prompt, conditions: Conditions, asked: readonly ConditionName[]): Prompt {
  const prefix = conditionNames
    .filter((name) => asked.includes(name))
    .map((name) => prefixes[name](conditions))
    .join('');
  if (prefix === '') return prompt;
  if (typeof prompt === 'string') return prefix + prompt;
  return prompt.map((message, i) => (i === 0 ? { ...message, content: prefix + message.content } : message));
}
