// UltraFeedback in its four forms on the Hub: openbmb/UltraFeedback (instruction, completions[] with scores),
// HuggingFaceH4/ultrafeedback_binarized (score_chosen), argilla's cleaned one (chosen-rating) and its first (chosen_response).
import { type ShapeResult, skipped, tiersByScore } from '../prompt.ts';
import { asRow, field, has, listField, numberOf, type Row, textField } from './fields.ts';
import { readPair } from './pairs.ts';

export const isUltraFeedback = (row: Row) => has(row, 'instruction') && listField(row, 'completions') !== null;

/** Ranked by the mean of the four aspects; by `overall_score`, which is known to hold wrong tens, only where that is missing. */
export function readUltraFeedback(row: Row): ShapeResult {
  const instruction = textField(row, 'instruction');
  if (instruction === null) return skipped('wrong-shape', '"instruction" must be a text');
  const completions = (listField(row, 'completions') ?? []).map(asRow);
  const responses = completions.map((completion) => {
    const text = completion && textField(completion, 'response');
    return typeof text === 'string' ? { text, source: textField(completion ?? {}, 'model') } : null;
  });
  if (!responses.every((response) => response !== null)) {
    return skipped('wrong-shape', 'a completion of it has no "response"');
  }
  const scoresOf = (name: string) => completions.map((completion) => numberOf(field(completion ?? {}, name)));
  const tiers = tiersByScore(scoresOf('fine-grained_score')) ?? tiersByScore(scoresOf('overall_score'));
  const isRanked = responses.length > 0 && tiers !== null;
  return {
    draft: {
      messages: [{ role: 'user', content: instruction }],
      responses,
      rankings: isRanked ? [tiers] : [],
      hasUnreadableRanking: responses.length > 0 && !isRanked,
    },
  };
}

/** Where each form keeps its sides, their scores and their models. */
const forms = [
  { prompt: 'prompt', side: ['chosen', 'rejected'], score: ['score_chosen', 'score_rejected'], model: null },
  {
    prompt: 'prompt',
    side: ['chosen', 'rejected'],
    score: ['chosen-rating', 'rejected-rating'],
    model: ['chosen-model', 'rejected-model'],
  },
  {
    prompt: 'instruction',
    side: ['chosen_response', 'rejected_response'],
    score: ['chosen_avg_rating', 'rejected_avg_rating'],
    model: ['chosen_model', 'rejected_model'],
  },
] as const;

const formOf = (row: Row) => forms.find(({ prompt, side, score }) => has(row, prompt, ...side, ...score));

export const isBinarized = (row: Row) => formOf(row) !== undefined;

export function readBinarized(row: Row): ShapeResult {
  const form = formOf(row);
  if (!form) return skipped('wrong-shape', 'the prompt, a side of the pair or its score is missing');
  const { prompt, side, score, model } = form;
  const [chosen, rejected] = score.map((name) => numberOf(field(row, name)));
  return readPair({
    prompt: field(row, prompt),
    chosen: field(row, side[0]),
    rejected: field(row, side[1]),
    ...(model ? { sources: { chosen: textField(row, model[0]), rejected: textField(row, model[1]) } } : {}),
    isTie: chosen !== null && chosen !== undefined && chosen === rejected,
  });
}
