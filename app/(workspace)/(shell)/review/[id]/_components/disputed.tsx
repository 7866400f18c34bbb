'use client';
import { useTranslations } from 'next-intl';
import { numberOf, type ReviewTask } from './task.ts';

/** The pairs that are ordered both ways, and by whom. */
export function Disputed({ task }: { task: ReviewTask }) {
  const t = useTranslations('review.task');
  if (task.annotations.length < 2) return null;
  const letters = (indices: number[]) => indices.map((index) => task.annotations[index]?.letter).join(', ');
  return (
    <div>
      <h3 className="font-medium">{t('disputed')}</h3>
      {task.disputed.length === 0 ? (
        <p className="text-muted">{t('noDisputed')}</p>
      ) : (
        <ul className="numeric mt-1 flex flex-wrap gap-x-6 gap-y-1 text-muted">
          {task.disputed.map(({ one, other, forOne, forOther }) => (
            <li key={`${one} ${other}`}>
              {t('disputedPair', {
                one: numberOf(task, one),
                other: numberOf(task, other),
                forOne: letters(forOne),
                forOther: letters(forOther),
              })}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
