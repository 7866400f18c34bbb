'use client';
// One response: its number (the key to press), its text, its place. The whole card can be clicked or tapped; the
// number is the button that keyboards and screen readers use.
import { useTranslations } from 'next-intl';
import type { MouseEvent } from 'react';
import { cx } from '../../../_ui/cx.ts';
import { PlainText } from '../../../_ui/messages.tsx';

interface ResponseCardProps {
  number: number;
  text: string;
  place: number | null;
  isTied: boolean;
  onPlace: (tied: boolean) => void;
}

export function ResponseCard({ number, text, place, isTied, onPlace }: ResponseCardProps) {
  const t = useTranslations('label');
  const isPlaced = place !== null;

  function press(event: MouseEvent) {
    // Marking text to read it is not a choice.
    if (window.getSelection()?.isCollapsed === false && event.detail > 0) return;
    onPlace(event.shiftKey);
  }

  return (
    <li
      className={cx(
        'relative grid grid-cols-[2.5rem_minmax(0,1fr)] gap-x-3 rounded-card border bg-surface p-4 transition-colors sm:p-5',
        isPlaced ? 'border-accent ring-1 ring-accent' : 'border-line hover:border-control',
      )}
    >
      <button
        type="button"
        data-response={number}
        aria-describedby={`response-${number}`}
        aria-label={isPlaced ? t('placed', { number, place }) : t('unplaced', { number })}
        onClick={press}
        className="cursor-pointer text-left outline-none before:absolute before:inset-0 before:rounded-card focus-visible:before:outline-2 focus-visible:before:outline-accent focus-visible:before:outline-offset-2"
      >
        <span
          aria-hidden
          className={cx(
            'numeric block font-mono font-semibold text-3xl leading-8',
            !isPlaced && 'text-faint',
            isPlaced && 'text-accent-text',
          )}
        >
          {number}
        </span>
      </button>
      <div id={`response-${number}`} className="relative min-w-0 pointer-events-none">
        <PlainText text={text} />
        {text.trim() === '' && <p className="text-faint italic">{t('emptyResponse')}</p>}
      </div>
      <p
        aria-hidden
        className={cx(
          'col-span-2 mt-3 h-6 justify-self-end text-[13px]',
          isPlaced ? 'rounded-full bg-accent px-2.5 py-0.5 font-semibold text-on-accent' : 'text-faint',
        )}
      >
        {isPlaced ? (isTied ? t('placeTied', { place }) : t('place', { place })) : t('noPlace')}
      </p>
    </li>
  );
}
