// What a person has said of a task so far, on the label page, as one pure state machine: the page only renders and
// forwards. Responses go by their place in the shown order here; an annotation, which leaves the page, by their ids.
import {
  type Annotation,
  type AnnotationProblem,
  asksForStrength,
  type Flag,
  type FlagName,
  findAnnotationProblem,
  type OverallVerdict,
  type Thumb,
  tiersOfThumbs,
} from './annotation.ts';
import { type LabelMode, type LabelSettings, type Strength, strengths } from './label-settings.ts';
import {
  type DropTarget,
  emptyRanking,
  moveInDraft,
  pressKey,
  type RankingDraft,
  type RankingKey,
  responseIndices,
  toDraft as toRankingDraft,
  toTiers,
} from './ranking.ts';

export interface AnnotationDraft {
  readonly ranking: RankingDraft;
  readonly overall: OverallVerdict | null;
  /** In the order in which they were given. */
  readonly thumbs: readonly { readonly index: number; readonly thumb: Thumb }[];
  readonly strength: Strength | null;
  /** A row a response, by the criterion's key. */
  readonly ratings: readonly Readonly<Record<string, number>>[];
  readonly flags: readonly { readonly flag: FlagName; readonly index: number | null }[];
  readonly rationale: string;
  readonly edit: { readonly index: number; readonly text: string } | null;
}
export type DraftFlag = AnnotationDraft['flags'][number];

export type DraftAction =
  | RankingKey
  | { type: 'move'; index: number; to: DropTarget }
  | { type: 'tieAll' }
  | { type: 'thumb'; index: number; thumb: Thumb }
  | { type: 'overall'; verdict: OverallVerdict }
  | { type: 'strength'; strength: Strength }
  | { type: 'rate'; index: number; criterion: string; rating: number | null }
  | { type: 'flag'; flag: DraftFlag }
  | { type: 'rationale'; text: string }
  | { type: 'edit'; edit: AnnotationDraft['edit'] };

interface Responses {
  responses: readonly { id: string; text: string }[];
}

export function emptyAnnotation(count: number): AnnotationDraft {
  return {
    ranking: emptyRanking(count),
    overall: null,
    thumbs: [],
    strength: null,
    ratings: responseIndices(count).map(() => ({})),
    flags: [],
    rationale: '',
    edit: null,
  };
}

/** A/B is for two responses: a task with more of them is ranked. */
export function modeOf(settings: Pick<LabelSettings, 'mode'>, count: number): LabelMode {
  return settings.mode === 'ab' && count !== 2 ? 'rank' : settings.mode;
}

/** Whether nothing has been said yet. */
export function isUntouched(draft: AnnotationDraft): boolean {
  return JSON.stringify(draft) === JSON.stringify(emptyAnnotation(draft.ranking.count));
}

/** The draft after an action; the same object where it changes nothing. */
export function changeDraft(draft: AnnotationDraft, action: DraftAction, settings: LabelSettings): AnnotationDraft {
  const change = changes[action.type] as (draft: AnnotationDraft, action: DraftAction, mode: Mode) => AnnotationDraft;
  return change(draft, action, {
    name: modeOf(settings, draft.ranking.count),
    hasStrength: settings.strength !== 'off',
  });
}

interface Mode {
  name: LabelMode;
  hasStrength: boolean;
}
type ActionOf<T extends DraftAction['type']> = Extract<DraftAction, { type: T }>;
type Placing = (draft: AnnotationDraft, key: ActionOf<'place'>, mode: Mode) => AnnotationDraft;
type TakingBack = (draft: AnnotationDraft) => AnnotationDraft;

const changes: {
  [T in DraftAction['type']]: (draft: AnnotationDraft, action: ActionOf<T>, mode: Mode) => AnnotationDraft;
} = {
  place: (draft, key, mode) => (hasResponse(draft, key.index) ? placing[mode.name](draft, key, mode) : draft),
  takeBack: (draft, _action, mode) => takingBack[mode.name](draft),
  clear: (draft) => ({
    ...draft,
    ranking: emptyRanking(draft.ranking.count),
    thumbs: [],
    overall: null,
    strength: null,
  }),
  move: (draft, { index, to }) =>
    hasResponse(draft, index) ? { ...draft, ranking: moveInDraft(rankingOf(draft), index, to) } : draft,
  tieAll: (draft) => ({ ...draft, ranking: toRankingDraft([responseIndices(draft.ranking.count)]), strength: null }),
  thumb: (draft, { index, thumb }) => (hasResponse(draft, index) ? giveThumb(draft, index, thumb) : draft),
  overall: (draft, { verdict }, { name }) => ({
    ...draft,
    overall: draft.overall === verdict ? null : verdict,
    ...(name === 'thumbs' ? { thumbs: [] } : {}),
  }),
  strength: (draft, { strength }) => ({ ...draft, strength: draft.strength === strength ? null : strength }),
  rate: (draft, { index, criterion, rating }) => ({
    ...draft,
    ratings: draft.ratings.map((row, at) => (at === index ? rated(row, criterion, rating) : row)),
  }),
  flag: (draft, { flag }) => {
    const others = draft.flags.filter((one) => one.flag !== flag.flag || one.index !== flag.index);
    return { ...draft, flags: others.length === draft.flags.length ? [...others, flag] : others };
  },
  rationale: (draft, { text }) => ({ ...draft, rationale: text }),
  edit: (draft, { edit }) => ({ ...draft, edit }),
};

function hasResponse(draft: AnnotationDraft, index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < draft.ranking.count;
}

/** What a response's number does. */
const placing: Record<LabelMode, Placing> = {
  rank: (draft, key) => {
    const ranking = pressKey(draft.ranking, key);
    return ranking === draft.ranking ? draft : { ...draft, ranking };
  },
  /** The better of two; pressed again: by more. */
  ab: (draft, { index, tied }, { hasStrength }) => {
    if (tied) return changeToTie(draft);
    const isChosen = draft.ranking.presses.length === 1 && draft.ranking.presses[0]?.index === index;
    if (!isChosen)
      return { ...draft, ranking: pressKey(emptyRanking(2), { type: 'place', index, tied }), strength: null };
    const stronger = strengths.find((strength) => strength > (draft.strength ?? 0));
    return stronger && hasStrength ? { ...draft, strength: stronger } : draft;
  },
  /** Up, then down and up in turns; Shift: down. */
  thumbs: (draft, { index, tied }) => {
    const isUp = thumbsOf(draft)[index] === 'up';
    return giveThumb(draft, index, tied || isUp ? 'down' : 'up');
  },
};

function changeToTie(draft: AnnotationDraft): AnnotationDraft {
  return { ...draft, ranking: toRankingDraft([[0, 1]]), strength: null };
}

const takeRankingBack: TakingBack = (draft) => {
  if (draft.ranking.presses.length === 0) return draft.overall ? { ...draft, overall: null } : draft;
  return { ...draft, ranking: pressKey(draft.ranking, { type: 'takeBack' }) };
};

const takingBack: Record<LabelMode, TakingBack> = {
  rank: takeRankingBack,
  ab: (draft) => {
    if (draft.ranking.presses.length === 0) return takeRankingBack(draft);
    if (draft.strength === null) return { ...draft, ranking: emptyRanking(draft.ranking.count) };
    const weaker = strengths.findLast((strength) => strength < (draft.strength ?? 0)) ?? null;
    return { ...draft, strength: weaker };
  },
  thumbs: (draft) => {
    if (draft.overall) return { ...draft, overall: null };
    return draft.thumbs.length === 0 ? draft : { ...draft, thumbs: draft.thumbs.slice(0, -1) };
  },
};

/** One thumb that differs ends "all bad" and "all good"; the others stay as they were shown. */
function giveThumb(draft: AnnotationDraft, index: number, thumb: Thumb): AnnotationDraft {
  const shown = thumbsOf(draft);
  if (shown[index] === thumb) return draft;
  const given = draft.overall ? shown.flatMap((side, at) => (side ? [{ index: at, thumb: side }] : [])) : draft.thumbs;
  const isNew = !given.some((one) => one.index === index);
  return {
    ...draft,
    overall: null,
    thumbs: isNew ? [...given, { index, thumb }] : given.map((one) => (one.index === index ? { index, thumb } : one)),
  };
}

function rated(row: Readonly<Record<string, number>>, criterion: string, rating: number | null) {
  const { [criterion]: _former, ...others } = row;
  return rating === null ? others : { ...others, [criterion]: rating };
}

const sideOf: Record<OverallVerdict, Thumb> = { 'all-bad': 'down', 'all-good': 'up' };

/** The thumb of each response, "all bad" and "all good" included. */
export function thumbsOf(draft: AnnotationDraft): (Thumb | null)[] {
  const { overall, thumbs } = draft;
  return responseIndices(draft.ranking.count).map(
    (index) =>
      thumbs.find((one) => one.index === index)?.thumb ?? (overall && thumbs.length === 0 ? sideOf[overall] : null),
  );
}

/** The ranking as it counts: with nothing placed, "all bad" and "all good" tie them all. */
function rankingOf({ ranking, overall }: AnnotationDraft): AnnotationDraft['ranking'] {
  return overall && ranking.presses.length === 0 ? toRankingDraft([responseIndices(ranking.count)]) : ranking;
}

/** The tiers as they stand, best first, by place in the shown order. */
export function tiersOf(draft: AnnotationDraft, settings: LabelSettings): number[][] {
  if (modeOf(settings, draft.ranking.count) !== 'thumbs') return toTiers(rankingOf(draft));
  const thumbs = thumbsOf(draft);
  const side = (wanted: Thumb) => responseIndices(thumbs.length).filter((index) => thumbs[index] === wanted);
  return [side('up'), side('down')].filter((tier) => tier.length > 0);
}

/** Whether every response has its place (or thumb); other parts may still be missing. */
export function isRanked(draft: AnnotationDraft, settings: LabelSettings): boolean {
  return tiersOf(draft, settings).flat().length === draft.ranking.count;
}

/** The annotation that the draft amounts to; not whole while `findDraftProblem` finds something. */
export function toAnnotation(draft: AnnotationDraft, { responses }: Responses, settings: LabelSettings): Annotation {
  const ids = responses.map(({ id }) => id);
  const idOf = (index: number) => ids[index] ?? [];
  const isThumbs = modeOf(settings, ids.length) === 'thumbs';
  const given = Object.fromEntries(
    thumbsOf(draft).flatMap((side, index) => (side && ids[index] ? [[ids[index], side]] : [])),
  );
  const tiers = isThumbs ? tiersOfThumbs(given, ids) : tiersOf(draft, settings).map((tier) => tier.flatMap(idOf));
  const asked = new Set(settings.criteria.map(({ key }) => key));
  const ratings = ids.flatMap((id, index) => {
    const row = Object.entries(draft.ratings[index] ?? {}).filter(([key]) => asked.has(key));
    return row.length > 0 ? [[id, Object.fromEntries(row)]] : [];
  });
  const rationale = settings.rationale.use === 'off' ? '' : draft.rationale.trim();
  const edited = draft.edit ? responses[draft.edit.index] : undefined;
  return {
    tiers,
    overall: draft.overall,
    thumbs: isThumbs ? given : null,
    strength: asksForStrength({ tiers }, settings) ? draft.strength : null,
    ratings: Object.fromEntries(ratings),
    flags: draft.flags.flatMap(({ flag, index }): Flag[] => {
      const responseId = index === null ? null : ids[index];
      return responseId === undefined ? [] : [{ flag, responseId }];
    }),
    rationale: rationale === '' ? null : rationale,
    // Opened and left as it was: no edit.
    edit:
      settings.edits && draft.edit && edited && draft.edit.text !== edited.text
        ? { responseId: edited.id, text: draft.edit.text }
        : null,
  };
}

/** What is still missing before the draft may be submitted, or null. */
export function findDraftProblem(
  draft: AnnotationDraft,
  task: Responses,
  settings: LabelSettings,
): AnnotationProblem | null {
  return findAnnotationProblem(toAnnotation(draft, task, settings), task.responses, settings);
}

/** The way back: what was said of a task, ready to be changed. */
export function fromAnnotation(annotation: Annotation, { responses }: Responses): AnnotationDraft {
  const count = responses.length;
  const indexOf = (id: string) => responses.findIndex((response) => response.id === id);
  const ranking = toRankingDraft(annotation.tiers.map((tier) => tier.map(indexOf).filter((index) => index >= 0)));
  const isAllTied = annotation.overall !== null && annotation.tiers.length === 1;
  return {
    ranking: isAllTied || annotation.thumbs ? emptyRanking(count) : { ...ranking, count },
    overall: annotation.overall,
    thumbs: responses.flatMap(({ id }, index) => {
      const side = isAllTied ? undefined : annotation.thumbs?.[id];
      return side ? [{ index, thumb: side }] : [];
    }),
    strength: annotation.strength,
    ratings: responses.map(({ id }) => annotation.ratings[id] ?? {}),
    flags: annotation.flags.flatMap(({ flag, responseId }): DraftFlag[] => {
      if (responseId === null) return [{ flag, index: null }];
      const index = indexOf(responseId);
      return index < 0 ? [] : [{ flag, index }];
    }),
    rationale: annotation.rationale ?? '',
    edit:
      annotation.edit && indexOf(annotation.edit.responseId) >= 0
        ? { index: indexOf(annotation.edit.responseId), text: annotation.edit.text }
        : null,
  };
}
