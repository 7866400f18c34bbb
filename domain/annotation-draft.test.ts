import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flagNames } from './annotation.ts';
import {
  type AnnotationDraft,
  changeDraft,
  type DraftAction,
  emptyAnnotation,
  findDraftProblem,
  fromAnnotation,
  isRanked,
  isUntouched,
  modeOf,
  thumbsOf,
  tiersOf,
  toAnnotation,
} from './annotation-draft.ts';
import { annotationSchema } from './annotation-schema.ts';
import { labelModes, strengths } from './label-settings.ts';
import { type LabelSettingsInput, readLabelSettings } from './label-settings-schema.ts';
import { readDraft } from './stored-draft.ts';

const settingsOf = (input: LabelSettingsInput = {}) => readLabelSettings(input);
const rank = settingsOf();
const ab = settingsOf({ mode: 'ab' });
const thumbs = settingsOf({ mode: 'thumbs' });

/** Responses with ids that the schema takes. */
const taskOf = (count: number) => ({
  responses: Array.from({ length: count }, (_, index) => ({
    id: `00000000-0000-4000-8000-00000000000${index}`,
    text: `response ${index}`,
  })),
});

/** '2' presses a number, '+2' with Shift, '<' takes back, 'bad' and 'good' are the verdicts, '=' ties all. */
function type(count: number, keys: string, settings = rank): AnnotationDraft {
  const actionOf = (key: string): DraftAction => {
    if (key === '<') return { type: 'takeBack' };
    if (key === '=') return { type: 'tieAll' };
    if (key === 'bad' || key === 'good') return { type: 'overall', verdict: `all-${key}` };
    return { type: 'place', index: Number(key.replace('+', '')) - 1, tied: key.startsWith('+') };
  };
  const all = keys.split(' ').filter((key) => key !== '');
  return all.reduce((draft, key) => changeDraft(draft, actionOf(key), settings), emptyAnnotation(count));
}

const anyCount = fc.integer({ min: 2, max: 8 });
const anyIndex = fc.nat(8);
const anyAction: fc.Arbitrary<DraftAction> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('place' as const), index: anyIndex, tied: fc.boolean() }) },
  fc.constant({ type: 'takeBack' as const }),
  fc.constant({ type: 'clear' as const }),
  fc.constant({ type: 'tieAll' as const }),
  fc.record({
    type: fc.constant('move' as const),
    index: anyIndex,
    to: fc.record({ type: fc.constantFrom('tie' as const, 'before' as const), tier: fc.nat(8) }),
  }),
  fc.record({
    type: fc.constant('thumb' as const),
    index: anyIndex,
    thumb: fc.constantFrom('up' as const, 'down' as const),
  }),
  fc.record({
    type: fc.constant('overall' as const),
    verdict: fc.constantFrom('all-bad' as const, 'all-good' as const),
  }),
  fc.record({ type: fc.constant('strength' as const), strength: fc.constantFrom(...strengths) }),
  fc.record({
    type: fc.constant('rate' as const),
    index: anyIndex,
    criterion: fc.constantFrom('helpful', 'honest'),
    rating: fc.option(fc.integer({ min: 1, max: 5 })),
  }),
  fc.record({
    type: fc.constant('flag' as const),
    flag: fc.record({ flag: fc.constantFrom(...flagNames), index: fc.option(fc.nat(1)) }),
  }),
  fc.record({ type: fc.constant('rationale' as const), text: fc.string() }),
  fc.record({
    type: fc.constant('edit' as const),
    edit: fc.option(fc.record({ index: fc.nat(1), text: fc.string() })),
  }),
);
const anySettings = fc
  .record({
    mode: fc.constantFrom(...labelModes),
    strength: fc.constantFrom('off' as const, 'optional' as const, 'required' as const),
    criteria: fc.boolean().map((asks) => (asks ? [{ key: 'helpful', name: 'Helpful' }] : [])),
    rationale: fc.record({ use: fc.constantFrom('off' as const, 'optional' as const, 'required' as const) }),
    edits: fc.boolean(),
  })
  .map(settingsOf);

describe('ranking', () => {
  test.each([
    [4, '3 1 4', [[2], [0], [3], [1]]],
    [4, 'bad', [[0, 1, 2, 3]]], // one key ties them all
    [4, 'good good', []],
    [4, 'bad 2', [[1]]], // bad, but not equally: the order goes on
    [4, 'bad 2 1 3', [[1], [0], [2], [3]]],
    [4, 'bad <', []],
    [4, 'bad 2 <', [[0, 1, 2, 3]]],
    [3, '=', [[0, 1, 2]]],
    [3, '9', []],
  ])('%i responses, keys %s', (count, keys, tiers) => {
    expect(tiersOf(type(count, keys), rank)).toEqual(tiers);
  });

  test('"all bad" and "all good" are one key and then whole', () => {
    for (const [key, verdict] of [
      ['bad', 'all-bad'],
      ['good', 'all-good'],
    ] as const) {
      const draft = type(4, key);
      expect(isRanked(draft, rank)).toBe(true);
      expect(findDraftProblem(draft, taskOf(4), rank)).toBeNull();
      expect(toAnnotation(draft, taskOf(4), rank)).toMatchObject({ overall: verdict, strength: null });
    }
  });

  test('a drag from "all bad" moves one out of the tie and keeps the verdict', () => {
    const draft = changeDraft(type(3, 'bad'), { type: 'move', index: 2, to: { type: 'before', tier: 0 } }, rank);
    expect(tiersOf(draft, rank)).toEqual([[2], [0, 1]]);
    expect(draft.overall).toBe('all-bad');
  });
});

describe('A/B', () => {
  test.each([
    ['1', [[0], [1]], null],
    ['1 1', [[0], [1]], 1],
    ['2 2 2', [[1], [0]], 2],
    ['1 1 1 1 1 1 1', [[0], [1]], 4],
    ['1 1 2', [[1], [0]], null], // the other one: not by as much
    ['=', [[0, 1]], null],
    ['1 1 =', [[0, 1]], null],
    ['= 2', [[1], [0]], null],
    ['1 1 1 <', [[0], [1]], 1],
    ['1 1 < <', [], null],
    ['3', [], null],
  ] as const)('keys %s', (keys, tiers, strength) => {
    const draft = type(2, keys, ab);
    expect([tiersOf(draft, ab), draft.strength]).toEqual([tiers, strength]);
  });

  test('asks for no strength where the project has none', () => {
    expect(type(2, '1 1 1', settingsOf({ mode: 'ab', strength: 'off' })).strength).toBeNull();
  });

  test('is ranking where there are more than two', () => {
    expect(modeOf(ab, 3)).toBe('rank');
    expect(tiersOf(type(3, '2 1', ab), ab)).toEqual([[1], [0], [2]]);
  });
});

describe('thumbs', () => {
  test.each([
    ['1', ['up', null, null]],
    ['1 1', ['down', null, null]],
    ['1 1 1', ['up', null, null]],
    ['+2', [null, 'down', null]],
    ['+2 2', [null, 'up', null]],
    ['1 2 <', ['up', null, null]],
    ['bad', ['down', 'down', 'down']],
    ['good +2', ['up', 'down', 'up']],
    ['1 bad <', [null, null, null]],
  ])('keys %s', (keys, expected) => {
    expect(thumbsOf(type(3, keys, thumbs))).toEqual(expected);
  });

  test('a thumb that differs ends the verdict; all answered is whole', () => {
    const draft = type(3, 'good +2', thumbs);
    expect(draft.overall).toBeNull();
    expect(toAnnotation(draft, taskOf(3), thumbs).tiers.map((tier) => tier.length)).toEqual([2, 1]);
    expect(findDraftProblem(draft, taskOf(3), thumbs)).toBeNull();
    expect(findDraftProblem(type(3, '1 2', thumbs), taskOf(3), thumbs)).toEqual({ key: 'thumbs' });
  });
});

describe('what is said beside the order', () => {
  const change = (action: DraftAction, from = type(3, '1 2'), settings = rank) => changeDraft(from, action, settings);

  test('a strength is taken back by its own key, and means nothing among equals', () => {
    const strong = change({ type: 'strength', strength: 4 });
    expect(toAnnotation(strong, taskOf(3), rank).strength).toBe(4);
    expect(change({ type: 'strength', strength: 4 }, strong).strength).toBeNull();
    expect(toAnnotation(change({ type: 'tieAll' }, strong), taskOf(3), rank).strength).toBeNull();
  });

  test('a flag is set and taken away, for the task or for a response', () => {
    const flag = { flag: 'unsafe', index: 1 } as const;
    const flagged = change({ type: 'flag', flag });
    expect(toAnnotation(flagged, taskOf(3), rank).flags).toEqual([
      { flag: 'unsafe', responseId: taskOf(3).responses[1]?.id },
    ]);
    expect(change({ type: 'flag', flag: { flag: 'unsafe', index: null } }, flagged).flags).toHaveLength(2);
    expect(change({ type: 'flag', flag }, flagged).flags).toEqual([]);
  });

  test('an edit that changes nothing is none; one that equals another response is refused', () => {
    const same = change({ type: 'edit', edit: { index: 0, text: 'response 0' } });
    expect(toAnnotation(same, taskOf(3), rank).edit).toBeNull();
    const other = change({ type: 'edit', edit: { index: 0, text: 'response 1' } });
    expect(findDraftProblem(other, taskOf(3), rank)).toEqual({ key: 'edit-same' });
    const emptied = change({ type: 'edit', edit: { index: 0, text: ' ' } });
    expect(findDraftProblem(emptied, taskOf(3), rank)).toEqual({ key: 'edit-empty' });
  });

  test('ratings of criteria that the project no longer has are left out; missing ones are named', () => {
    const settings = settingsOf({ criteria: [{ key: 'honest', name: 'Honest' }] });
    const draft = [0, 1, 2].reduce(
      (now, index) => changeDraft(now, { type: 'rate', index, criterion: 'gone', rating: 3 }, settings),
      type(3, '1 2'),
    );
    expect(toAnnotation(draft, taskOf(3), settings).ratings).toEqual({});
    expect(findDraftProblem(draft, taskOf(3), settings)).toEqual({ key: 'rating', detail: 'Honest' });
  });

  test('a rationale is asked for from its strength on', () => {
    const settings = settingsOf({ rationale: { use: 'required', fromStrength: 3 } });
    const weak = change({ type: 'strength', strength: 2 }, type(3, '1 2'), settings);
    expect(findDraftProblem(weak, taskOf(3), settings)).toBeNull();
    const strong = change({ type: 'strength', strength: 3 }, weak, settings);
    expect(findDraftProblem(strong, taskOf(3), settings)).toEqual({ key: 'rationale' });
    const why = change({ type: 'rationale', text: ' It is shorter. ' }, strong, settings);
    expect(findDraftProblem(why, taskOf(3), settings)).toBeNull();
    expect(toAnnotation(why, taskOf(3), settings).rationale).toBe('It is shorter.');
  });
});

/** What names no response of this draft (the page never does) is left out when it is read back. */
const clipped = (draft: AnnotationDraft) => {
  const isThere = (index: number | null) => index === null || index < draft.ranking.count;
  return {
    ...draft,
    flags: draft.flags.filter(({ index }) => isThere(index)),
    edit: draft.edit && isThere(draft.edit.index) ? draft.edit : null,
  };
};

test('whatever was stored, reading it gives a draft that can be worked with, or none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), anyAction, (stored, action) => {
      const shaped = {
        ranking: { count: 3, presses: stored },
        thumbs: stored,
        ratings: stored,
        flags: stored,
        edit: stored,
      };
      for (const draft of [readDraft(stored), readDraft(shaped), readDraft({ ...shaped, overall: stored })]) {
        if (draft) toAnnotation(changeDraft(draft, action, rank), taskOf(draft.ranking.count), rank);
      }
      expect(readDraft(shaped)).not.toBeNull();
    }),
  );
});

test('whatever is done: nothing changes in place, the draft can be stored, and what leaves it is well formed', () => {
  fc.assert(
    fc.property(anyCount, anySettings, fc.array(anyAction, { maxLength: 25 }), (count, settings, actions) => {
      let draft = emptyAnnotation(count);
      for (const action of actions) {
        const before = JSON.stringify(draft);
        const next = changeDraft(draft, action, settings);
        expect(JSON.stringify(draft)).toBe(before);
        draft = next;
      }
      expect(readDraft(JSON.parse(JSON.stringify(draft)))).toEqual(clipped(draft));
      const annotation = toAnnotation(draft, taskOf(count), settings);
      const placed = annotation.tiers.flat();
      expect(new Set(placed).size).toBe(placed.length);
      expect(isRanked(draft, settings)).toBe(placed.length === count);
      if (findDraftProblem(draft, taskOf(count), settings) === null) {
        expect(annotationSchema.parse(annotation)).toEqual(annotation);
      }
    }),
  );
});

test('what was submitted comes back whole', () => {
  fc.assert(
    fc.property(anyCount, anySettings, fc.array(anyAction, { maxLength: 25 }), (count, settings, actions) => {
      const draft = actions.reduce((now, action) => changeDraft(now, action, settings), emptyAnnotation(count));
      const task = taskOf(count);
      const annotation = toAnnotation(draft, task, settings);
      fc.pre(isRanked(draft, settings));
      // Within a tie the order says nothing.
      const sorted = (one: typeof annotation) => ({ ...one, tiers: one.tiers.map((tier) => tier.toSorted()) });
      expect(sorted(toAnnotation(fromAnnotation(annotation, task), task, settings))).toEqual(sorted(annotation));
    }),
  );
});

test('taking everything back leaves nothing of the ranking', () => {
  fc.assert(
    fc.property(anyCount, anySettings, fc.array(fc.nat(7), { maxLength: 12 }), (count, settings, digits) => {
      const takeBack = { type: 'takeBack' } as const;
      let draft = digits.reduce(
        (now, index) => changeDraft(now, { type: 'place', index, tied: index % 2 === 0 }, settings),
        emptyAnnotation(count),
      );
      for (let press = 0; press < 2 * count + 4; press++) draft = changeDraft(draft, takeBack, settings);
      expect(isUntouched(draft)).toBe(true);
      expect(changeDraft(draft, takeBack, settings)).toBe(draft);
    }),
  );
});
