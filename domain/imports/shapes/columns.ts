// A table of anybody's: whoever imports says which column is what. Nothing of it is recognised by itself.
import { z } from 'zod';
import { type ShapeResult, skipped } from '../prompt.ts';
import { answerOf, field, messagesNeeded, promptOf, type Row } from './fields.ts';
import { readLabels } from './rankloop.ts';

const column = z.string().min(1).max(500);

export const columnMappingSchema = z.object({
  prompt: column,
  system: column.optional(),
  /** Up to eight, each a response. */
  responses: z.array(column).max(8).default([]),
  /** The columns of the responses stand in the order of preference. */
  isBestFirst: z.boolean().default(false),
  persona: column.optional(),
  tags: column.optional(),
  language: column.optional(),
  qualifications: column.optional(),
  priority: column.optional(),
});
export type ColumnMapping = z.infer<typeof columnMappingSchema>;

const labelColumns = ['persona', 'tags', 'language', 'qualifications', 'priority'] as const;

export function readColumns(row: Row, mapping: ColumnMapping | null): ShapeResult {
  if (!mapping) return skipped('wrong-shape', 'nobody said which column is the prompt');
  const asked = promptOf(field(row, mapping.prompt));
  if (!asked) return skipped('wrong-shape', `"${mapping.prompt}" ${messagesNeeded}, or a text`);
  const system = mapping.system ? field(row, mapping.system) : undefined;
  if (system !== undefined && system !== null && typeof system !== 'string') {
    return skipped('wrong-shape', `"${mapping.system}" must be text`);
  }
  const labelled = Object.fromEntries(
    labelColumns.flatMap((name) => (mapping[name] ? [[name, field(row, mapping[name])]] : [])),
  );
  const labels = readLabels(labelled);
  if ('problem' in labels) return skipped('wrong-shape', labels.problem);
  const texts = mapping.responses.map((name) => answerOf(field(row, name)) ?? '');
  return {
    draft: {
      messages: system?.trim() ? [{ role: 'system', content: system }, ...asked] : asked,
      ...labels,
      responses: texts.map((text, index) => ({ text, source: mapping.responses[index] ?? null })),
      rankings: mapping.isBestFirst && texts.length > 1 ? [texts.map((_, index) => [index])] : [],
    },
  };
}
