// Every shape of row that is recognised, the more telling ones first: a pair that also has scores is UltraFeedback's, not
// just anybody's. A shape without a row here does not compile.
import type { ShapeResult } from './prompt.ts';
import { isArgilla, readArgilla } from './shapes/argilla.ts';
import { type ColumnMapping, readColumns } from './shapes/columns.ts';
import {
  isMessages,
  isOpenAiPreference,
  isShareGpt,
  readMessages,
  readOpenAiPreference,
  readShareGpt,
} from './shapes/conversations.ts';
import { asRow, type Row } from './shapes/fields.ts';
import { isTranscript, readTranscripts } from './shapes/hh-rlhf.ts';
import { isLabelStudio, readLabelStudio } from './shapes/label-studio.ts';
import { isPromptOnly, isRankloop, readRankloop } from './shapes/rankloop.ts';
import { isCompletion, isPreference, isUnpaired, readCompletion, readPreference, readUnpaired } from './shapes/trl.ts';
import { isBinarized, isUltraFeedback, readBinarized, readUltraFeedback } from './shapes/ultrafeedback.ts';

export const shapeNames = [
  'argilla',
  'label-studio',
  'rankloop',
  'ultrafeedback',
  'ultrafeedback-binarized',
  'hh-rlhf',
  'openai-preference',
  'trl-preference',
  'trl-unpaired',
  'trl-completion',
  'sharegpt',
  'messages',
  'trl-prompt',
  'columns',
] as const;
export type ShapeName = (typeof shapeNames)[number];

interface Shape {
  recognises: (row: Row) => boolean;
  read: (row: Row, mapping: ColumnMapping | null) => ShapeResult;
  /** Rows of one prompt that follow each other are one prompt with all their responses. */
  joinsRows?: true;
}

export const shapes: { [S in ShapeName]: Shape } = {
  argilla: { recognises: isArgilla, read: readArgilla },
  'label-studio': { recognises: isLabelStudio, read: readLabelStudio },
  rankloop: { recognises: isRankloop, read: readRankloop },
  ultrafeedback: { recognises: isUltraFeedback, read: readUltraFeedback },
  'ultrafeedback-binarized': { recognises: isBinarized, read: readBinarized },
  'hh-rlhf': { recognises: isTranscript, read: readTranscripts },
  'openai-preference': { recognises: isOpenAiPreference, read: readOpenAiPreference },
  'trl-preference': { recognises: isPreference, read: readPreference },
  'trl-unpaired': { recognises: isUnpaired, read: readUnpaired, joinsRows: true },
  'trl-completion': { recognises: isCompletion, read: readCompletion },
  sharegpt: { recognises: isShareGpt, read: readShareGpt },
  messages: { recognises: isMessages, read: readMessages },
  'trl-prompt': { recognises: isPromptOnly, read: readRankloop },
  columns: { recognises: () => false, read: readColumns },
};

/** The shape of most of these rows, the more telling one where two fit as many; null where none fits any. */
export function recogniseShape(values: readonly unknown[]): ShapeName | null {
  const rows = values.map(asRow).filter((row) => row !== null);
  const counts = shapeNames.map((name) => ({ name, count: rows.filter((row) => shapes[name].recognises(row)).length }));
  const [best] = counts.sort((one, other) => other.count - one.count);
  return best && best.count > 0 ? best.name : null;
}
