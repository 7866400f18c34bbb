'use client';
import { Bot, FileDown, User } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';

interface Source {
  kind: 'person' | 'judge' | 'import';
  name: string | null;
  createdAt: Date;
}

const icons = { person: User, judge: Bot, import: FileDown } as const;

/** Who ranked, and when: a person, a judge or imported data, told apart by icon and word. */
export function SourceLine({ source }: { source: Source }) {
  const t = useTranslations('source');
  const format = useFormatter();
  const Icon = icons[source.kind];
  return (
    <span className="inline-flex items-center gap-1.5 text-[13px] text-faint">
      <Icon aria-hidden className="size-3.5" />
      {t(source.kind, { name: source.name ?? t('former') })}
      {' · '}
      {format.dateTime(source.createdAt, { dateStyle: 'medium', timeStyle: 'short' })}
    </span>
  );
}
