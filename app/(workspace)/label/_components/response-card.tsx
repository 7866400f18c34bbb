'use client';
// One response: its number (the key to press), its text, its place. The number is a button that covers the whole
// card, so that a click or tap anywhere ranks; screen readers get the text as its description.
import { useTranslations } from 'next-intl';
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

  return (
    <li
      className={cx(
        'relative grid grid-cols-[3.5rem_minmax(0,1fr)] rounded-card border bg-surface p-4 transition-colors sm:p-5',
        isPlaced ? 'border-accent ring-1 ring-accent' : 'border-line hover:border-control',
      )}
    >
      <div className="min-h-16">
        <button
          type="button"
          data-response={number}
          aria-describedby={`response-${number}`}
          aria-label={isPlaced ? t('placed', { number, place, tied: String(isTied) }) : t('unplaced', { number })}
          onClick={(event) => onPlace(event.shiftKey)}
          className="block cursor-pointer outline-none before:absolute before:inset-0 before:rounded-card focus-visible:before:outline-2 focus-visible:before:outline-accent focus-visible:before:outline-offset-2"
        >
          <span
            aria-hidden
            className={cx(
              'numeric block font-mono font-semibold text-3xl leading-7',
              isPlaced ? 'text-accent-text' : 'text-faint',
            )}
          >
            {number}
          </span>
        </button>
        {isPlaced && (
          <span
            aria-hidden
            className="numeric mt-2 -ml-0.5 inline-flex h-6 items-center rounded-full bg-accent px-2 font-semibold text-[13px] text-on-accent"
          >
            {isTied && '= '}
            {t('place', { place })}
          </span>
        )}
      </div>
      <div id={`response-${number}`} className="pointer-events-none relative min-w-0">
        <PlainText text={text} />
        {text.trim() === '' && <p className="text-faint italic">{t('emptyResponse')}</p>}
      </div>
    </li>
  );
}
