'use client';
// What one must know of the task at hand before ranking it.
import { BookOpen, GraduationCap, History, type LucideIcon, MessageSquareQuote, TriangleAlert } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Button } from '../../../_ui/button.tsx';
import type { Context, DeskTask } from './task.ts';

interface BannersProps {
  task: DeskTask;
  context: Context;
  onGuidelines: () => void;
  onLeaveRevision: () => void;
}

export function Banners({ task, context, onGuidelines, onLeaveRevision }: BannersProps) {
  const t = useTranslations('label.banner');
  const { guideline, onboarding } = context;
  return (
    <>
      {guideline && !guideline.isRead && (
        <Banner
          icon={BookOpen}
          action={
            <Button size="sm" onClick={onGuidelines}>
              {t('read')}
            </Button>
          }
        >
          {t(guideline.version > 1 ? 'guidelinesChanged' : 'guidelinesNew')}
        </Banner>
      )}
      {task.source.kind === 'ranking' && (
        <Banner
          icon={History}
          action={
            <Button size="sm" onClick={onLeaveRevision}>
              {t('leaveAsItIs')}
            </Button>
          }
        >
          {t('revising')}
        </Banner>
      )}
      {task.isOnboarding && (
        <Banner icon={GraduationCap}>
          {t('onboarding', { number: Math.min(onboarding.done + 1, onboarding.total), total: onboarding.total })}
        </Banner>
      )}
      {task.note !== null && (
        <Banner icon={MessageSquareQuote}>
          {t('returned')} <bdi className="font-medium text-ink">{task.note}</bdi>
        </Banner>
      )}
      {context.isPaused && <Banner icon={TriangleAlert}>{t('paused')}</Banner>}
    </>
  );
}

function Banner({ icon: Icon, action, children }: { icon: LucideIcon; action?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-card border border-line bg-accent-soft px-4 py-2.5">
      <Icon aria-hidden className="size-4 shrink-0 text-accent-text" />
      <p className="min-w-0 flex-1 text-muted">{children}</p>
      {action}
    </div>
  );
}
