'use client';
import { useTranslations } from 'next-intl';
import { Skeleton } from '../../../_ui/state.tsx';

export function LabelSkeleton() {
  const t = useTranslations('common');
  return (
    <div role="status" className="flex flex-col gap-6">
      <span className="sr-only">{t('loading')}</span>
      <Skeleton className="h-16 max-w-2xl" />
      <div className="grid gap-4 lg:grid-cols-2">
        <Skeleton className="h-36" />
        <Skeleton className="h-36" />
        <Skeleton className="h-36" />
        <Skeleton className="h-36" />
      </div>
    </div>
  );
}
