'use client';
import { useTranslations } from 'next-intl';
import { Badge } from '../../../../_ui/badge.tsx';

const tones = { open: 'accent', ranked: 'success', skipped: 'warn' } as const;

/** Whether a prompt's newest responses are ranked. */
export function TaskBadge({ status }: { status: keyof typeof tones | null }) {
  const t = useTranslations('prompts.status');
  return status ? <Badge tone={tones[status]}>{t(status)}</Badge> : <span className="text-faint">{t('none')}</span>;
}
