// Conversations: OpenAI's {messages}, ShareGPT's {conversations: [{from, value}]}, and OpenAI's preference files
// {input: {messages}, preferred_output, non_preferred_output}. The assistant's last turn is a response to the rest.
import { type ShapeResult, skipped } from '../prompt.ts';
import { asRow, field, has, listField, messagesNeeded, messagesOf, type Row, rowField } from './fields.ts';
import { readPair } from './pairs.ts';

export const isMessages = (row: Row) => listField(row, 'messages') !== null;

export function readMessages(row: Row): ShapeResult {
  const messages = messagesOf(field(row, 'messages'));
  return messages ? { draft: { messages } } : skipped('wrong-shape', `"messages" ${messagesNeeded}`);
}

export function isShareGpt(row: Row): boolean {
  const first = asRow(listField(row, 'conversations')?.[0]);
  return first !== null && has(first, 'from', 'value');
}

export function readShareGpt(row: Row): ShapeResult {
  const messages = messagesOf(field(row, 'conversations'));
  if (messages) return { draft: { messages } };
  return skipped('wrong-shape', '"conversations" must be a list of turns {"from", "value"} of people and assistants');
}

export const isOpenAiPreference = (row: Row) => has(row, 'input', 'preferred_output', 'non_preferred_output');

export function readOpenAiPreference(row: Row): ShapeResult {
  const input = rowField(row, 'input');
  if (!input) return skipped('wrong-shape', '"input" must hold {"messages"}');
  return readPair({
    prompt: field(input, 'messages'),
    chosen: field(row, 'preferred_output'),
    rejected: field(row, 'non_preferred_output'),
  });
}
