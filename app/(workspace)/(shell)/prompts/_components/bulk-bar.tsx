'use client';
// What can be done to the chosen prompts, at the bottom of the page while any are chosen.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { BulkAction, BulkOutcome, PromptFilter } from '../../../../../domain/prompt-filter.ts';
import { nothingSelected, type Selection } from '../../../../../domain/selection.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { BulkDialog, type DialogKind, dialogKinds } from './bulk-dialog.tsx';

interface BulkBarProps {
  selection: Selection;
  filter: PromptFilter;
  /** How many the filter finds. */
  count: number;
  onSelect: (selection: Selection) => void;
}

export function BulkBar({ selection, filter, count, onSelect }: BulkBarProps) {
  const t = useTranslations('prompts.bulk');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [opened, setOpened] = useState<DialogKind | null>(null);
  const change = useMutation(trpc.prompts.change.mutationOptions());
  const chosen = selection.isAll ? count : selection.ids.size;
  if (chosen === 0) return null;

  function tell({ changed, refused }: BulkOutcome, kind: BulkAction['kind']) {
    const reasons = refused.map((one) => t(`refused.${one.reason}`, { count: one.count })).join(' ');
    const words = t(kind === 'pause' || kind === 'assign' || kind === 'withdraw' ? 'doneTasks' : 'done', {
      count: changed,
    });
    if (reasons) toast.warning(words, { description: reasons, duration: 12_000 });
    else toast.success(words);
  }

  function act(action: BulkAction) {
    const all = selection.isAll ? { filter } : { promptIds: [...selection.ids] };
    change.mutate(
      { projectId: project.id, selection: all, action },
      {
        onSuccess: (outcome) => {
          setOpened(null);
          onSelect(nothingSelected);
          tell(outcome, action.kind);
          void queryClient.invalidateQueries(trpc.prompts.pathFilter());
        },
        onError: (problem) => {
          if (!opened) toast.error(problem.message);
        },
      },
    );
  }

  return (
    <section
      aria-label={t('title')}
      className="sticky bottom-0 z-20 -mx-2 mt-4 flex flex-wrap items-center gap-2 rounded-card border border-line bg-surface p-3 shadow-float"
    >
      <p role="status" className="numeric font-medium">
        {t('chosen', { count: chosen })}
      </p>
      {!selection.isAll && selection.ids.size < count && (
        <Button variant="ghost" size="sm" onClick={() => onSelect({ ...nothingSelected, isAll: true })}>
          {t('chooseAll', { count })}
        </Button>
      )}
      <span className="flex-1" />
      {dialogKinds.map((kind) => (
        <Button
          key={kind}
          size="sm"
          variant={kind === 'delete' ? 'danger' : 'secondary'}
          onClick={() => {
            change.reset();
            setOpened(kind);
          }}
        >
          {t(`actions.${kind}`)}
        </Button>
      ))}
      {([true, false] as const).map((isPaused) => (
        <Button
          key={String(isPaused)}
          size="sm"
          disabled={change.isPending}
          onClick={() => act({ kind: 'pause', isPaused })}
        >
          {t(isPaused ? 'actions.pause' : 'actions.resume')}
        </Button>
      ))}
      <Button size="sm" variant="ghost" onClick={() => onSelect(nothingSelected)}>
        {t('letGo')}
      </Button>
      {opened && <BulkDialog kind={opened} count={chosen} work={change} onAct={act} onClose={() => setOpened(null)} />}
    </section>
  );
}
