'use client';
// The states between nothing and everything: nothing yet, not yet, and went wrong.
import { CircleAlert, type LucideIcon } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { useErrorWords } from '../_lib/use-error-words.ts';
import { Button } from './button.tsx';
import { cx } from './cx.ts';

interface EmptyProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-card border border-line border-dashed px-6 py-12 text-center">
      {Icon && (
        <span className="mb-1 grid size-10 place-items-center rounded-full bg-sunken text-muted">
          <Icon aria-hidden className="size-5" />
        </span>
      )}
      <h2 className="font-semibold text-base">{title}</h2>
      {children && <p className="max-w-[60ch] text-muted">{children}</p>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export function ErrorState({ error, onRetry }: { error: { message: string }; onRetry?: () => void }) {
  const t = useTranslations('common');
  const { text, ...language } = useErrorWords()(error);
  return (
    <div role="alert" className="flex items-start gap-3 rounded-card border border-danger/40 bg-danger-soft p-4">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-danger">{t('errorTitle')}</p>
        <p dir="auto" className="mt-1 break-words text-ink" {...language}>
          {text}
        </p>
        {onRetry && (
          <Button size="sm" className="mt-3" onClick={onRetry}>
            {t('retry')}
          </Button>
        )}
      </div>
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx('animate-pulse-soft rounded-control bg-line/70', className)} />;
}

/** Some rows of grey while a list loads; announced once. */
export function SkeletonList({ rows = 6, className }: { rows?: number; className?: string }) {
  const t = useTranslations('common');
  return (
    <div role="status" className="flex flex-col gap-2">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <Skeleton key={row} className={cx('h-12', className)} />
      ))}
    </div>
  );
}
