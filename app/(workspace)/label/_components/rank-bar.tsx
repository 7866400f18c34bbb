'use client';
// The ranking as it stands and what can be done with it: always in reach at the bottom of the page.
import { Ellipsis } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { isRanked, tiersOf } from '../../../../domain/annotation-draft.ts';
import type { LabelSettings, Strength } from '../../../../domain/label-settings.ts';
import { Button } from '../../../_ui/button.tsx';
import { cx } from '../../../_ui/cx.ts';
import type { DraftStore } from './draft-store.ts';
import { useKeyLabel } from './keys-context.tsx';
import { Order } from './order.tsx';
import { StrengthControl } from './strength-control.tsx';
import type { DeskTask } from './task.ts';
import { ToolButton } from './tool-button.tsx';
import { leaveTools, rankTools, sayTools, type Tool, thumbTools } from './toolbar.ts';
import { useDraft } from './use-drafts.ts';

export interface Notice {
  tone: 'danger' | 'warn';
  text: string;
}

interface RankBarProps {
  task: DeskTask;
  store: DraftStore;
  settings: LabelSettings;
  tiesNext: boolean;
  isUndoing: boolean;
  notice: Notice | null;
  offers: (tool: Tool) => boolean;
  onAct: (tool: Tool) => void;
  onStrength: (strength: Strength) => void;
  onSubmit: () => void;
  onMore: () => void;
}

export function RankBar(props: RankBarProps) {
  const { task, store, settings, tiesNext, isUndoing, notice, offers, onAct, onStrength, onSubmit, onMore } = props;
  const t = useTranslations('label');
  const submitKey = useKeyLabel('submit');
  const draft = useDraft(store, task);
  if (!draft) return null;
  const tiers = tiersOf(draft, settings);
  const isComplete = isRanked(draft, settings);
  const hasStrength = settings.strength !== 'off' && settings.mode !== 'thumbs';
  const pressed: Partial<Record<Tool, boolean>> = {
    tie: tiesNext,
    allBad: draft.overall === 'all-bad',
    allGood: draft.overall === 'all-good',
    flag: draft.flags.length > 0,
    edit: draft.edit !== null,
  };
  const button = (tool: Tool, words: 'always' | 'never') => (
    <ToolButton
      key={tool}
      tool={tool}
      onAct={onAct}
      words={words}
      {...(pressed[tool] === undefined ? {} : { 'aria-pressed': pressed[tool] })}
      {...(tool === 'undo' ? { pending: isUndoing } : {})}
    />
  );
  return (
    <div className="sticky bottom-0 z-10 border-line border-t bg-surface">
      <div className="mx-auto flex max-w-[100rem] flex-col gap-2 px-3 py-2 sm:px-8 sm:py-2.5">
        <p
          role="alert"
          className={cx('text-sm', !notice && 'hidden', notice?.tone === 'warn' ? 'text-warn' : 'text-danger')}
        >
          {notice?.text}
        </p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <div data-testid="ranking" className="min-w-0 flex-1 max-sm:order-1">
            <Order tiers={tiers} count={draft.ranking.count} edited={draft.edit?.index ?? null} />
          </div>
          {hasStrength && (
            <StrengthControl
              strength={draft.strength}
              isRequired={settings.strength === 'required'}
              onStrength={onStrength}
            />
          )}
          <Button
            variant="primary"
            size="lg"
            onClick={onSubmit}
            aria-disabled={!isComplete}
            shortcut={submitKey}
            className="min-w-28 max-sm:order-2 max-sm:h-11"
          >
            {t(task.source.kind === 'ranking' ? 'saveChange' : 'submit')}
          </Button>
        </div>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 max-sm:hidden">
          <ToolGroup label={t('group.rank')}>
            {rankTools.filter(offers).map((tool) => button(tool, 'always'))}
          </ToolGroup>
          <ToolGroup label={t('group.say')}>{sayTools.filter(offers).map((tool) => button(tool, 'always'))}</ToolGroup>
          <ToolGroup label={t('group.leave')} className="ms-auto">
            {leaveTools.filter(offers).map((tool) => button(tool, 'always'))}
          </ToolGroup>
        </div>
        <div className="flex justify-between sm:hidden">
          {thumbTools.filter(offers).map((tool) => button(tool, 'never'))}
          <Button variant="ghost" aria-label={t('more')} onClick={onMore} className="h-11 min-w-11 px-2">
            <Ellipsis aria-hidden className="size-5" />
          </Button>
        </div>
      </div>
    </div>
  );
}

interface ToolGroupProps {
  label: string;
  className?: string;
  children: React.ReactNode;
}

function ToolGroup({ label, className, children }: ToolGroupProps) {
  return (
    <fieldset className={cx('-ms-2 flex min-w-0 flex-wrap items-center gap-0.5', className)}>
      <legend className="sr-only">{label}</legend>
      {children}
    </fieldset>
  );
}
