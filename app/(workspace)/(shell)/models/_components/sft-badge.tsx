'use client';
import { useTranslations } from 'next-intl';
import type { SftStatus } from '../../../../../domain/sft.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';

const tones: Record<SftStatus, Tone> = {
  queued: 'neutral',
  training: 'running',
  done: 'success',
  cancelled: 'warn',
  failed: 'danger',
};

export function SftBadge({ status }: { status: SftStatus }) {
  const t = useTranslations('models.sft.status');
  return <Badge tone={tones[status]}>{t(status)}</Badge>;
}
