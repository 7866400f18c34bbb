'use client';
// One response: its number (the key to press), its text, its place, its ratings. A click anywhere on the card ranks it
// too (task-view.tsx), except on what does something of its own.
import { Pencil, ThumbsDown, ThumbsUp } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { memo } from 'react';
import type { Thumb } from '../../../../domain/annotation.ts';
import type { ShownLayout } from '../../../../domain/label-layout.ts';
import type { Criterion } from '../../../../domain/label-settings.ts';
import { Badge } from '../../../_ui/badge.tsx';
import { cx } from '../../../_ui/cx.ts';
import { ScrollBox } from './scroll-box.tsx';
import { ResponseText } from './text.tsx';

const RatingRows = dynamic(() => import('./rating-rows.tsx').then((module) => module.RatingRows));

interface ResponseCardProps {
  number: number;
  text: string;
  layout: ShownLayout;
  /** In the layout of one at a time, the others wait. */
  isAside: boolean;
  place: number | null;
  isTied: boolean;
  thumb: Thumb | null;
  isEdited: boolean;
  flags: number;
  criteria: readonly Criterion[];
  ratings: Readonly<Record<string, number>>;
  onPlace: (index: number, tied: boolean) => void;
  onRate: (index: number, criterion: string, rating: number | null) => void;
}

/** Beyond this the browser lays a text out only once it comes into sight. */
const longText = 4_000;

export const ResponseCard = memo(function ResponseCard(props: ResponseCardProps) {
  const { number, text, layout, isAside, place, thumb, criteria, ratings, onRate } = props;
  const t = useTranslations('label');
  const isMarked = place !== null || thumb !== null;
  return (
    <li
      data-card={number}
      aria-label={t('response', { number })}
      hidden={isAside}
      className={cx(
        'relative flex min-w-0 flex-col rounded-card border bg-surface',
        isMarked ? 'border-accent ring-1 ring-accent' : 'border-line hover:border-control',
      )}
    >
      <CardHead {...props} />
      <ScrollBox
        isOn={layout === 'side-by-side'}
        label={t('responseText', { number })}
        className={cx(
          'min-w-0 flex-1 px-4 pb-4 sm:px-5',
          text.length > longText &&
            layout !== 'side-by-side' &&
            '[contain-intrinsic-size:auto_60rem] [content-visibility:auto]',
        )}
      >
        <ResponseText text={text} />
        {text.trim() === '' && <p className="text-faint italic">{t('emptyResponse')}</p>}
      </ScrollBox>
      {criteria.length > 0 && (
        <div className="border-line border-t px-4 py-3 sm:px-5">
          <RatingRows number={number} criteria={criteria} ratings={ratings} onRate={onRate} />
        </div>
      )}
    </li>
  );
});

function CardHead({ number, place, isTied, thumb, isEdited, flags, onPlace }: ResponseCardProps) {
  const t = useTranslations('label');
  const isMarked = place !== null || thumb !== null;
  const label =
    thumb !== null
      ? t('thumbed', { number, thumb })
      : place !== null
        ? t('placed', { number, place, tied: String(isTied) })
        : t('unplaced', { number });
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-2 px-4 pt-3 pb-2 sm:px-5">
      <button
        type="button"
        data-response={number}
        aria-label={label}
        onClick={(event) => onPlace(number - 1, event.shiftKey)}
        className={cx(
          'numeric grid size-8 shrink-0 cursor-pointer place-items-center rounded-control border font-mono font-semibold text-lg pointer-coarse:size-11',
          isMarked
            ? 'border-accent bg-accent-soft text-accent-text'
            : 'border-control/50 text-muted hover:border-control hover:bg-sunken',
        )}
      >
        {number}
      </button>
      {place !== null && thumb === null && (
        <span
          aria-hidden
          className="numeric inline-flex h-6 items-center rounded-full bg-accent px-2 font-semibold text-[13px] text-on-accent"
        >
          {isTied && '= '}
          {t('place', { place })}
        </span>
      )}
      {thumb !== null && <ThumbBadge thumb={thumb} />}
      <span className="ms-auto flex flex-wrap gap-1.5">
        {isEdited && (
          <Badge tone="accent">
            <Pencil aria-hidden className="size-3" />
            {t('edited')}
          </Badge>
        )}
        {flags > 0 && <Badge tone="warn">{t('flagged', { count: flags })}</Badge>}
      </span>
    </div>
  );
}

function ThumbBadge({ thumb }: { thumb: Thumb }) {
  const t = useTranslations('label.thumb');
  const Icon = thumb === 'up' ? ThumbsUp : ThumbsDown;
  return (
    <span
      aria-hidden
      className={cx(
        'inline-flex h-6 items-center gap-1.5 rounded-full px-2 font-semibold text-[13px]',
        thumb === 'up' ? 'bg-success-soft text-success' : 'bg-danger-soft text-danger',
      )}
    >
      <Icon className="size-3.5" />
      {t(thumb)}
    </span>
  );
}
