'use client';
import { Bot, User } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';

interface Source {
  kind: 'person' | 'judge';
  name: string | null;
  createdAt: Date;
}

/** Who ranked, and when: a person or a judge, told apart by icon and word. */
export function SourceLine({ source }: { source: Source }) {
  const t = useTranslations('source');
  const format = useFormatter();
  const Icon = source.kind === 'person' ? User : Bot;
  return (
    <span className="inline-flex items-center gap-1.5 text-[13px] text-faint">
      <Icon aria-hidden className="size-3.5" />
      {t(source.kind, { name: source.name ?? t('former') })}
      {' · '}
      {format.dateTime(source.createdAt, { dateStyle: 'medium', timeStyle: 'short' })}
    </span>
  );
}
