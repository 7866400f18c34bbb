'use client';
// The thin line of progress, the way out, and what is kept at hand; nothing here competes with the responses.
import { ArrowLeft, CloudUpload, TriangleAlert } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { useLabelProgress } from '../../../_lib/use-label-progress.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Button } from '../../../_ui/button.tsx';
import { Progress } from '../../../_ui/progress.tsx';
import { HomeLink } from './home-link.tsx';
import { ToolButton } from './tool-button.tsx';
import { pageTools, type Tool } from './toolbar.ts';

interface LabelHeaderProps {
  progress: ReturnType<typeof useLabelProgress>['data'];
  waiting: number;
  refused: number;
  offers: (tool: Tool) => boolean;
  pressed: Partial<Record<Tool, boolean>>;
  onAct: (tool: Tool) => void;
  onRefused: () => void;
}

export function LabelHeader({ progress, waiting, refused, offers, pressed, onAct, onRefused }: LabelHeaderProps) {
  const t = useTranslations('label');
  const { project } = useWorkspace();
  const total = progress ? progress.open + progress.ranked : 0;
  return (
    <header>
      <Progress thin label={t('progressLabel')} value={progress?.ranked ?? 0} max={Math.max(1, total)} />
      <div className="flex h-12 items-center gap-2 border-line border-b px-2 sm:px-6">
        <HomeLink
          variant="ghost"
          size="sm"
          aria-label={t('leave', { project: project.name })}
          className="pointer-coarse:h-11 pointer-coarse:min-w-11"
        >
          <ArrowLeft aria-hidden className="size-4 rtl:-scale-x-100" />
          <span className="max-w-40 truncate max-md:hidden">{project.name}</span>
        </HomeLink>
        <p className="numeric min-w-0 flex-1 truncate text-[13px] text-faint">
          {progress && (
            <>
              {t('progress', { today: progress.mineToday, ranked: progress.ranked, total })}
              {progress.activeMsToday >= 60_000 && (
                <span className="max-sm:hidden"> · {t('active', minutesOf(progress.activeMsToday))}</span>
              )}
            </>
          )}
        </p>
        {waiting > 0 && (
          <span className="numeric flex items-center gap-1.5 whitespace-nowrap text-[13px] text-warn" role="status">
            <CloudUpload aria-hidden className="size-4" />
            {t('waiting', { count: waiting })}
          </span>
        )}
        {refused > 0 && (
          <Button size="sm" variant="danger" onClick={onRefused}>
            <TriangleAlert aria-hidden className="size-4" />
            {t('refusedCount', { count: refused })}
          </Button>
        )}
        <div className="flex items-center gap-0.5 max-sm:hidden">
          {pageTools.filter(offers).map((tool) => (
            <ToolButton
              key={tool}
              tool={tool}
              onAct={onAct}
              words="never"
              {...(pressed[tool] === undefined ? {} : { 'aria-pressed': pressed[tool] })}
            />
          ))}
        </div>
      </div>
    </header>
  );
}

function minutesOf(ms: number) {
  const minutes = Math.floor(ms / 60_000);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
