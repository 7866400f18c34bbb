'use client';
import { useTranslations } from 'next-intl';
import type { RoundStatus } from '../../../../../domain/rounds.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';

const tones: Record<RoundStatus, Tone> = {
  queued: 'neutral',
  training: 'running',
  evaluating: 'running',
  finished: 'accent',
  promoted: 'success',
  rejected: 'neutral',
  cancelled: 'warn',
  failed: 'danger',
};

export function StatusBadge({ status }: { status: RoundStatus }) {
  const t = useTranslations('rounds.status');
  return <Badge tone={tones[status]}>{t(status)}</Badge>;
}
