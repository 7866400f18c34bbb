// Every shape of row that is recognised, the more telling ones first: a pair that also has scores is UltraFeedback's, not
// just anybody's. A shape without a row here does not compile.
import type { ColumnMapping } from './mapping.ts';
import type { ShapeResult } from './prompt.ts';
import { type ShapeName, shapeNames } from './shape-names.ts';
import { isArgilla, readArgilla } from './shapes/argilla.ts';
import { readColumns } from './shapes/columns.ts';
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

/**
 * The most telling shape that at least half of these rows have, else the one that most of them have; null where none has
 * any. Not simply the commonest: a pair is a prompt too, and its responses would be lost.
 */
export function recogniseShape(values: readonly unknown[]): ShapeName | null {
  const rows = values.map(asRow).filter((row) => row !== null);
  const counts = shapeNames.map((name) => ({ name, count: rows.filter((row) => shapes[name].recognises(row)).length }));
  const telling = counts.find(({ count }) => count > 0 && count >= rows.length / 2);
  if (telling) return telling.name;
  const [most] = counts.sort((one, other) => other.count - one.count);
  return most && most.count > 0 ? most.name : null;
}
