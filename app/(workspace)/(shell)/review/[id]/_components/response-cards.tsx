'use client';
// The responses side by side, each with its number: the key that ranks it in the reviewer's own ranking.
import { useTranslations } from 'next-intl';
import { placeOf, type RankingDraft, toTiers } from '../../../../../../domain/ranking.ts';
import { cx } from '../../../../../_ui/cx.ts';
import { Reading } from '../../../../../_ui/reading/reading.tsx';
import type { ReviewTask } from './task.ts';

interface ResponseCardsProps {
  task: ReviewTask;
  draft: RankingDraft;
  onPlace: (index: number, tied: boolean) => void;
}

export function ResponseCards({ task, draft, onPlace }: ResponseCardsProps) {
  const t = useTranslations('review.task');
  const label = useTranslations('label');
  const tiers = toTiers(draft);
  return (
    <ol aria-label={t('responses')} className="grid items-stretch gap-3 lg:grid-cols-2">
      {task.responses.map((response, index) => {
        const number = index + 1;
        const place = placeOf(draft, index);
        const isTied = place !== null && (tiers[place - 1]?.length ?? 0) > 1;
        return (
          <li
            key={response.id}
            className={cx(
              'grid grid-cols-[2.75rem_minmax(0,1fr)] rounded-card border bg-surface p-4',
              place === null ? 'border-line' : 'border-accent ring-1 ring-accent',
            )}
          >
            <div>
              <button
                type="button"
                onClick={(event) => onPlace(index, event.shiftKey)}
                aria-label={
                  place === null
                    ? label('unplaced', { number })
                    : label('placed', { number, place, tied: String(isTied) })
                }
                className={cx(
                  'numeric cursor-pointer rounded-control font-mono font-semibold text-2xl leading-7',
                  place === null ? 'text-faint' : 'text-accent-text',
                )}
              >
                {number}
              </button>
              {place !== null && (
                <p aria-hidden className="numeric mt-1 font-semibold text-[13px] text-accent-text">
                  {isTied && '= '}
                  {t('place', { place })}
                </p>
              )}
            </div>
            <div className="min-w-0">
              <Reading text={response.text} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}
