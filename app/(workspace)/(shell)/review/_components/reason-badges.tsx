'use client';
import { useTranslations } from 'next-intl';
import type { ReviewReason } from '../../../../../domain/reviews.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';

const tones: { [R in ReviewReason]: Tone } = {
  disagreement: 'accent',
  'all-bad': 'accent',
  flagged: 'danger',
  'gold-miss': 'warn',
};

export function ReasonBadges({ reasons }: { reasons: readonly ReviewReason[] }) {
  const t = useTranslations('review.reason');
  return (
    <ul className="flex flex-wrap gap-1">
      {reasons.map((reason) => (
        <li key={reason} className="flex">
          <Badge tone={tones[reason]}>{t(reason)}</Badge>
        </li>
      ))}
    </ul>
  );
}
