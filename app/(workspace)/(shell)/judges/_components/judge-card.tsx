'use client';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';

interface JudgeCardProps {
  judge: Outputs['judges']['list'][number];
  openTasks: number;
  isStarting: boolean;
  isBusy: boolean;
  onStart: () => void;
  onRemove: () => void;
}

export function JudgeCard({ judge, openTasks, isStarting, isBusy, onStart, onRemove }: JudgeCardProps) {
  const t = useTranslations('judges');
  return (
    <li className="flex flex-col rounded-card border border-line bg-surface p-4 sm:p-5">
      <div className="flex items-center gap-2">
        <h2 className="min-w-0 truncate font-semibold">{judge.name}</h2>
        <Badge tone={judge.kind === 'random' ? 'warn' : 'neutral'}>{t(`kinds.${judge.kind}.label`)}</Badge>
      </div>
      <p className="mt-1 flex-1 text-muted">{t(`kinds.${judge.kind}.hint`)}</p>
      {judge.model && (
        <p className="mt-2 break-all font-mono text-[13px] text-faint">
          {judge.model}
          {judge.baseUrl && ` @ ${judge.baseUrl}`}
          {judge.baseModelDir && ` ${t('reward.on', { base: judge.baseModelDir })}`}
        </p>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-2">
        <Button
          variant={judge.kind === 'random' ? 'secondary' : 'primary'}
          disabled={openTasks === 0 || isBusy}
          pending={isStarting}
          aria-label={t('startWith', { name: judge.name })}
          onClick={onStart}
        >
          {t('start')}
        </Button>
        <Button variant="ghost" onClick={onRemove} aria-label={t('removeOf', { name: judge.name })}>
          {t('remove')}
        </Button>
      </div>
    </li>
  );
}
