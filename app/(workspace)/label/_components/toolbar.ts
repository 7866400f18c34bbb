// The page's actions: their pictures, where they stand, and in which projects they are on offer.
import {
  BookOpen,
  Columns2,
  Delete,
  Equal,
  Flag,
  GitCompare,
  GripVertical,
  History,
  Keyboard,
  LayoutGrid,
  type LucideIcon,
  MessageSquareText,
  Pencil,
  SkipForward,
  SlidersHorizontal,
  Star,
  ThumbsDown,
  ThumbsUp,
  Undo2,
} from 'lucide-react';
import { modeOf } from '../../../../domain/annotation-draft.ts';
import type { LabelAction } from '../../../../domain/label-keys.ts';
import type { ShownLayout } from '../../../../domain/label-layout.ts';
import type { LabelSettings } from '../../../../domain/label-settings.ts';

/** Those that have a button of their own. */
export const toolIcons = {
  allBad: ThumbsDown,
  allGood: ThumbsUp,
  tie: Equal,
  takeBack: Delete,
  rationale: MessageSquareText,
  rate: Star,
  edit: Pencil,
  flag: Flag,
  skip: SkipForward,
  undo: Undo2,
  guidelines: BookOpen,
  mine: History,
  layout: LayoutGrid,
  together: Columns2,
  diff: GitCompare,
  arrange: GripVertical,
  keys: SlidersHorizontal,
  help: Keyboard,
} as const satisfies Partial<Record<LabelAction, LucideIcon>>;
export type Tool = keyof typeof toolIcons;

/** Those whose pictures point along the line, and turn with it. */
export const pointingTools: ReadonlySet<Tool> = new Set(['skip', 'undo', 'takeBack']);

export const rankTools = ['allBad', 'allGood', 'tie', 'takeBack'] as const satisfies Tool[];
export const sayTools = ['rate', 'rationale', 'edit', 'flag'] as const satisfies Tool[];
export const leaveTools = ['skip', 'undo'] as const satisfies Tool[];
export const pageTools = [
  'guidelines',
  'mine',
  'diff',
  'arrange',
  'layout',
  'together',
  'help',
] as const satisfies Tool[];
/** What a small screen has room for in the bar; the others are in its menu. */
export const thumbTools = ['undo', 'skip', 'allBad', 'allGood', 'tie', 'takeBack'] as const satisfies Tool[];

export interface Situation {
  settings: LabelSettings;
  /** Null while there is no task. */
  count: number | null;
  layout: ShownLayout;
  /** Whether a response is longer than a column shows at once. */
  isLong: boolean;
  hasGuidelines: boolean;
  /** An earlier ranking is being changed: there is nothing to skip. */
  isRevising: boolean;
}

const always = () => true;
const withTask = ({ count }: Situation) => count !== null;
const hasStrength = ({ settings, count }: Situation) =>
  count !== null && settings.strength !== 'off' && settings.mode !== 'thumbs';

const offers: Record<LabelAction, (situation: Situation) => boolean> = {
  submit: withTask,
  takeBack: withTask,
  tie: ({ settings, count }) => count !== null && settings.mode !== 'thumbs',
  allBad: withTask,
  allGood: withTask,
  negligible: hasStrength,
  slight: hasStrength,
  clear: hasStrength,
  strong: hasStrength,
  undo: ({ isRevising }) => !isRevising,
  skip: ({ count, isRevising }) => count !== null && !isRevising,
  flag: withTask,
  rationale: ({ settings, count }) => count !== null && settings.rationale.use !== 'off',
  edit: ({ settings, count }) => count !== null && settings.edits,
  rate: ({ settings, count }) => count !== null && settings.criteria.length > 0,
  arrange: ({ settings, count }) => count !== null && modeOf(settings, count) === 'rank',
  diff: withTask,
  layout: withTask,
  together: ({ count, layout, isLong }) => count !== null && layout === 'side-by-side' && isLong,
  previous: ({ count, layout }) => count !== null && layout === 'focus',
  next: ({ count, layout }) => count !== null && layout === 'focus',
  guidelines: ({ hasGuidelines }) => hasGuidelines,
  mine: always,
  keys: always,
  help: always,
};

export function isOffered(action: LabelAction, situation: Situation): boolean {
  return offers[action](situation);
}
