// What the keys and buttons do with the task on the screen: each action of the table, and when a submission is held back.
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { AnnotationProblem } from '../../../../domain/annotation.ts';
import { type DraftAction, findDraftProblem, modeOf } from '../../../../domain/annotation-draft.ts';
import type { LabelAction } from '../../../../domain/label-keys.ts';
import { nextLayout } from '../../../../domain/label-layout.ts';
import type { Strength } from '../../../../domain/label-settings.ts';
import { toast } from '../../../_ui/toast.ts';
import type { DraftStore } from './draft-store.ts';
import { focusOpenRating } from './open-rating.ts';
import type { PanelName } from './panels.tsx';
import type { Preferences } from './preferences.ts';
import type { Notice } from './rank-bar.tsx';
import type { Context, DeskTask } from './task.ts';
import { changeStored, draftOf } from './use-drafts.ts';
import { useReadingWarning } from './use-reading-warning.ts';
import { useStable } from './use-stable.ts';

interface DeskParams {
  task: DeskTask | null;
  store: DraftStore;
  context: Context;
  preferences: Preferences;
  prefer: (changes: Partial<Preferences>) => void;
  activeMs: () => number;
  openPanel: (panel: PanelName) => void;
  /** The draft is whole: it goes out. */
  submit: (task: DeskTask) => void;
  undo: () => void;
}

const inDesk = (task: DeskTask) => document.querySelector<HTMLElement>(`main [data-task-id="${task.taskId}"]`);

export function useDesk(params: DeskParams) {
  const { task, store, context, preferences, prefer, activeMs, openPanel, submit, undo } = params;
  const { settings, guideline } = context;
  const t = useTranslations('label');
  const [focused, setFocused] = useState(0);
  const [tiesNext, setTiesNext] = useState(false);
  const [isArranging, setArranging] = useState(false);
  const [notice, setNotice] = useState<Notice | null>(null);
  const { shouldWarn } = useReadingWarning(settings);

  // A new task begins anew.
  const key = task?.key;
  const [shown, setShown] = useState(key);
  if (shown !== key) {
    setShown(key);
    setFocused(0);
    setTiesNext(false);
    setNotice(null);
  }

  const change = useStable((action: DraftAction) => {
    if (!task) return;
    changeStored(store, task, action, settings);
    setNotice(null);
  });
  const place = useStable((index: number, tied: boolean) => {
    change({ type: 'place', index, tied: tied || tiesNext });
    setTiesNext(false);
  });

  const focusOn: { [K in AnnotationProblem['key']]?: (task: DeskTask) => void } = {
    strength: () => document.querySelector<HTMLElement>('[data-strength]')?.focus(),
    rationale: (shown) => inDesk(shown)?.querySelector<HTMLElement>('[data-rationale]')?.focus(),
    rating: (shown) => void focusOpenRating(inDesk(shown) ?? document),
    'edit-same': () => openPanel('edit'),
    'edit-empty': () => openPanel('edit'),
  };

  function trySubmit(): void {
    if (!task) return;
    const problem = findDraftProblem(draftOf(store, task), task, settings);
    if (guideline && !guideline.isRead) openPanel('guidelines');
    else if (problem) refuse(task, problem);
    else if (shouldWarn(task, activeMs())) setNotice({ tone: 'warn', text: t('tooFast') });
    else submit(task);
  }

  /** Says what is missing, and goes there. */
  function refuse(shown: DeskTask, problem: AnnotationProblem): void {
    const detail = 'detail' in problem ? problem.detail : '';
    setNotice({ tone: 'danger', text: t(`problem.${problem.key}`, { detail }) });
    focusOn[problem.key]?.(shown);
  }

  const strength = (level: Strength) => () => change({ type: 'strength', strength: level });
  const step = (by: number) => () => {
    const count = task?.responses.length ?? 1;
    setFocused((now) => (now + by + count) % count);
  };
  /** In a right-to-left page the next one stands to the left. */
  const isBackwards = () => document.documentElement.dir === 'rtl';

  const actions: Record<LabelAction, () => void> = {
    submit: trySubmit,
    takeBack: () => change({ type: 'takeBack' }),
    tie: () => {
      if (task && modeOf(settings, task.responses.length) === 'ab') change({ type: 'tieAll' });
      else setTiesNext((ties) => !ties);
    },
    allBad: () => change({ type: 'overall', verdict: 'all-bad' }),
    allGood: () => change({ type: 'overall', verdict: 'all-good' }),
    negligible: strength(1),
    slight: strength(2),
    clear: strength(3),
    strong: strength(4),
    undo,
    skip: () => openPanel('skip'),
    flag: () => openPanel('flag'),
    rationale: () => task && inDesk(task)?.querySelector<HTMLElement>('[data-rationale]')?.focus(),
    edit: () => openPanel('edit'),
    rate: () => task && focusOpenRating(inDesk(task) ?? document),
    arrange: () => setArranging((arranging) => !arranging),
    diff: () => openPanel('diff'),
    layout: () => {
      const layout = nextLayout(preferences.layout ?? settings.layout);
      prefer({ layout });
      toast(t('layoutNow', { layout: t(`layout.${layout}`) }), { id: 'layout' });
    },
    together: () => {
      const scrollsTogether = !preferences.scrollsTogether;
      prefer({ scrollsTogether });
      toast(t(scrollsTogether ? 'togetherOn' : 'togetherOff'), { id: 'together' });
    },
    previous: () => step(isBackwards() ? 1 : -1)(),
    next: () => step(isBackwards() ? -1 : 1)(),
    guidelines: () => openPanel('guidelines'),
    mine: () => openPanel('mine'),
    keys: () => openPanel('keys'),
    help: () => openPanel('help'),
  };

  return { actions, change, place, focus: setFocused, focused, tiesNext, isArranging, notice };
}
