// A table of anybody's: whoever imports says which column is what. Nothing of it is recognised by itself.
import type { ColumnMapping } from '../mapping.ts';
import { type ShapeResult, skipped } from '../prompt.ts';
import { answerOf, field, messagesNeeded, promptOf, type Row } from './fields.ts';
import { readLabels } from './rankloop.ts';

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
