'use client';
import { useTranslations } from 'next-intl';
import { Badge } from '../../../../../_ui/badge.tsx';
import { PlainText } from '../../../../../_ui/messages.tsx';
import type { ReviewTask } from './task.ts';

/** Who would not rank it, and why. */
export function Skips({ skips }: { skips: ReviewTask['skips'] }) {
  const t = useTranslations('review.task');
  const reasons = useTranslations('quality.report');
  if (skips.length === 0) return null;
  return (
    <div>
      <h3 className="font-medium">{t('skips')}</h3>
      <ul className="mt-1 flex flex-col gap-1">
        {skips.map(({ id, reason, note, flags }) => (
          <li key={id} className="flex flex-wrap items-baseline gap-2">
            <span className="text-muted">{reason ? reasons(`reason.${reason}`) : reasons('noReason')}</span>
            {flags.map(({ flag }) => (
              <Badge key={flag} tone="danger">
                {t(`flag.${flag}`)}
              </Badge>
            ))}
            {note && <PlainText text={note} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
