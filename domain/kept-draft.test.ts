import { expect, test } from 'vitest';
import { type AnnotationDraft, emptyAnnotation } from './annotation-draft.ts';
import { isKeptDraft } from './kept-draft.ts';

const draft: AnnotationDraft = {
  ranking: { count: 2, presses: [{ index: 1, tied: false }] },
  overall: 'all-good',
  thumbs: [{ index: 0, thumb: 'up' }],
  strength: 3,
  ratings: [{ helpful: 5 }, {}],
  flags: [
    { flag: 'unsafe', index: 1 },
    { flag: 'gibberish', index: null },
  ],
  rationale: 'Shorter.',
  edit: { index: 0, text: 'Better.' },
};

test('a draft is one, empty or full', () => {
  expect(isKeptDraft(emptyAnnotation(8))).toBe(true);
  expect(isKeptDraft(draft)).toBe(true);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'draft'],
  ['a list', [draft]],
  ['a part missing', { ...draft, ranking: undefined }],
  ['too few responses', { ...draft, ranking: { count: 1, presses: [] } }],
  ['too many', { ...draft, ranking: { count: 99, presses: [] } }],
  ['a press beyond all', { ...draft, ranking: { count: 2, presses: [{ index: -1, tied: false }] } }],
  ['a press between two', { ...draft, ranking: { count: 2, presses: [{ index: 0.5, tied: false }] } }],
  ['presses that are none', { ...draft, ranking: { count: 2, presses: 'many' } }],
  ['a verdict of its own', { ...draft, overall: 'all-fine' }],
  ['a thumb sideways', { ...draft, thumbs: [{ index: 0, thumb: 'left' }] }],
  ['a strength beyond all', { ...draft, strength: 5 }],
  ['a rating beyond all', { ...draft, ratings: [{ helpful: 6 }, {}] }],
  ['a rating in words', { ...draft, ratings: [{ helpful: 'five' }, {}] }],
  ['an unknown flag', { ...draft, flags: [{ flag: 'boring', index: null }] }],
  ['no reason at all', { ...draft, rationale: null }],
  ['an edit of nothing', { ...draft, edit: { text: 'Better.' } }],
])('%s is no draft', (_name, value) => {
  expect(isKeptDraft(value)).toBe(false);
});
