// The shapes by name alone, for whoever only has to name one; shapes.ts knows how each is recognised and read.

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
