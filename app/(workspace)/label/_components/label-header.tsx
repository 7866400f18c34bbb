'use client';
import { ArrowLeft, CloudUpload, Keyboard } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useLabelProgress } from '../../../_lib/use-label-progress.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Button, ButtonLink } from '../../../_ui/button.tsx';
import { Progress } from '../../../_ui/progress.tsx';

/** The thin line of progress and the way out; nothing here competes with the responses. */
export function LabelHeader({ waiting, onHelp }: { waiting: number; onHelp: () => void }) {
  const t = useTranslations('label');
  const { project } = useWorkspace();
  const { data } = useLabelProgress();
  const total = data ? data.open + data.ranked : 0;
  return (
    <header>
      <Progress thin label={t('progressLabel')} value={data?.ranked ?? 0} max={Math.max(1, total)} />
      <div className="flex h-12 items-center gap-3 border-line border-b px-2 sm:px-6">
        <ButtonLink href="/" variant="ghost" size="sm" aria-label={t('leave', { project: project.name })}>
          <ArrowLeft aria-hidden className="size-4" />
          <span className="max-sm:hidden">{project.name}</span>
        </ButtonLink>
        <p className="numeric min-w-0 flex-1 truncate text-center text-[13px] text-faint">
          {data && t('progress', { today: data.mineToday, ranked: data.ranked, total })}
        </p>
        {waiting > 0 && (
          <span className="numeric flex items-center gap-1.5 text-[13px] text-warn" role="status">
            <CloudUpload aria-hidden className="size-4" />
            {t('waiting', { count: waiting })}
          </span>
        )}
        <Button variant="ghost" size="sm" onClick={onHelp} shortcut="?">
          <Keyboard aria-hidden className="size-4" />
          <span className="max-sm:sr-only">{t('keys')}</span>
        </Button>
      </div>
    </header>
  );
}
