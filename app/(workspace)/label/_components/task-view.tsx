'use client';
// The prompt, its responses and what is said beside their order. Whatever a model or a user wrote is shown by text.tsx.
import { useTranslations } from 'next-intl';
import { memo, type ReactNode, useCallback, useEffect, useRef } from 'react';
import {
  type AnnotationDraft,
  type DraftAction,
  modeOf,
  thumbsOf,
  tiersOf,
} from '../../../../domain/annotation-draft.ts';
import type { ShownLayout } from '../../../../domain/label-layout.ts';
import type { LabelSettings } from '../../../../domain/label-settings.ts';
import { cx } from '../../../_ui/cx.ts';
import type { DraftStore } from './draft-store.ts';
import { RationaleField } from './rationale-field.tsx';
import { ResponseCard } from './response-card.tsx';
import type { DeskTask } from './task.ts';
import { PromptText } from './text.tsx';
import { useCardClicks } from './use-card-clicks.ts';
import { useDraft } from './use-drafts.ts';
import { useScrollTogether } from './use-scroll-together.ts';

interface TaskViewProps {
  task: DeskTask;
  store: DraftStore;
  settings: LabelSettings;
  layout: ShownLayout;
  scrollsTogether: boolean;
  /** The response that is shown where they come one at a time. */
  focused: number;
  banner?: ReactNode;
  onFocus: (index: number) => void;
  onPlace: (index: number, tied: boolean) => void;
  onAct: (action: DraftAction) => void;
}

/** As many columns as fit, but four stand two by two: three and one would leave a hole. */
const grids: Record<ShownLayout, (count: number) => string> = {
  'side-by-side': (count) =>
    count === 4 ? 'lg:grid-cols-2' : 'lg:grid-cols-[repeat(auto-fit,minmax(min(100%,26rem),1fr))]',
  stacked: () => '',
  focus: () => '',
};

export const TaskView = memo(function TaskView(props: TaskViewProps) {
  const { task, store, settings, layout, scrollsTogether, focused, banner, onFocus, onPlace, onAct } = props;
  const t = useTranslations('label');
  const top = useRef<HTMLElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const draft = useDraft(store, task);
  useCardClicks(list, onPlace);
  useScrollTogether(list, layout === 'side-by-side' && scrollsTogether);
  const onRate = useCallback(
    (index: number, criterion: string, rating: number | null) => onAct({ type: 'rate', index, criterion, rating }),
    [onAct],
  );

  // A new task is a new view: reading begins at the prompt.
  useEffect(() => {
    window.scrollTo(0, 0);
    top.current?.focus({ preventScroll: true });
  }, []);

  if (!draft) return null;
  const cards = cardsOf(draft, settings);
  return (
    <div
      data-task-id={task.taskId}
      className={cx(
        'mx-auto flex w-full flex-1 flex-col gap-5 px-3 py-4 sm:px-8 sm:py-6',
        layout === 'side-by-side' ? 'max-w-[100rem]' : 'max-w-[56rem]',
      )}
    >
      {banner}
      <section ref={top} tabIndex={-1} aria-label={t('prompt')} className="w-full max-w-[84ch] outline-none">
        <PromptText prompt={task.prompt} />
      </section>
      {layout === 'focus' && <Tabs cards={cards} focused={focused} onFocus={onFocus} />}
      <ol
        ref={list}
        aria-label={t('responses')}
        className={cx('grid items-stretch gap-3 lg:gap-4', grids[layout](task.responses.length))}
      >
        {task.responses.map(({ id, text }, index) => {
          const card = cards[index];
          return (
            card && (
              <ResponseCard
                key={id}
                number={index + 1}
                text={text}
                layout={layout}
                isAside={layout === 'focus' && index !== focused}
                {...card}
                criteria={settings.criteria}
                onPlace={onPlace}
                onRate={onRate}
              />
            )
          );
        })}
      </ol>
      {settings.rationale.use !== 'off' && (
        <RationaleField
          rationale={settings.rationale}
          strength={draft.strength}
          text={draft.rationale}
          onText={(text) => onAct({ type: 'rationale', text })}
        />
      )}
    </div>
  );
});

/** What each card shows of the draft. */
export function cardsOf(draft: AnnotationDraft, settings: LabelSettings) {
  const tiers = tiersOf(draft, settings);
  const isThumbs = modeOf(settings, draft.ranking.count) === 'thumbs';
  const thumbs = isThumbs ? thumbsOf(draft) : [];
  return draft.ratings.map((ratings, index) => {
    const tier = isThumbs ? -1 : tiers.findIndex((members) => members.includes(index));
    return {
      place: tier < 0 ? null : tier + 1,
      isTied: tier >= 0 && (tiers[tier]?.length ?? 0) > 1,
      thumb: thumbs[index] ?? null,
      isEdited: draft.edit?.index === index,
      flags: draft.flags.filter((flag) => flag.index === index).length,
      ratings,
    };
  });
}

interface TabsProps {
  cards: ReturnType<typeof cardsOf>;
  focused: number;
  onFocus: (index: number) => void;
}

/** Where the responses come one at a time: which there are, and which is shown. */
function Tabs({ cards, focused, onFocus }: TabsProps) {
  const t = useTranslations('label');
  const withNumbers = cards.map((card, index) => ({ ...card, number: index + 1 }));
  return (
    <nav aria-label={t('oneAtATime')} className="flex flex-wrap gap-1.5">
      {withNumbers.map(({ number, place, thumb }) => (
        <button
          key={number}
          type="button"
          aria-current={number - 1 === focused || undefined}
          aria-label={t('show', { number })}
          onClick={() => onFocus(number - 1)}
          className={cx(
            'numeric h-9 min-w-11 cursor-pointer rounded-control border px-3 font-mono font-semibold pointer-coarse:h-11',
            number - 1 === focused ? 'border-accent bg-accent text-on-accent' : 'border-control/50 text-muted',
            number - 1 !== focused && (place !== null || thumb !== null) && 'bg-accent-soft text-accent-text',
          )}
        >
          {number}
        </button>
      ))}
    </nav>
  );
}
