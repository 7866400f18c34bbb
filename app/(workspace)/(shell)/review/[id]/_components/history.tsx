'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { PlainText } from '../../../../../_ui/messages.tsx';
import type { ReviewTask } from './task.ts';

/** What reviewers decided before, newest first. */
export function History({ history }: { history: ReviewTask['history'] }) {
  const t = useTranslations('review.task');
  const format = useFormatter();
  if (history.length === 0) return null;
  return (
    <section aria-label={t('history')}>
      <h2 className="mb-2 font-semibold text-base">{t('history')}</h2>
      <ul className="flex flex-col gap-2">
        {history.map(({ id, outcome, note, reviewer, createdAt }) => (
          <li key={id}>
            <span className="font-medium">{t(`outcome.${outcome}`)}</span>{' '}
            <span className="text-[13px] text-faint">
              {t('by', {
                name: reviewer ?? t('someone'),
                date: format.dateTime(createdAt, { dateStyle: 'medium', timeStyle: 'short' }),
              })}
            </span>
            {note && <PlainText text={note} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
