'use client';
// The label page: one prompt, its responses, and a ranking by keyboard, mouse or touch. Submitting shows the next
// task at once; saving goes on behind it (see outbox.ts).
import { useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useEffect, useEffectEvent, useState } from 'react';
import { toast } from 'sonner';
import type { SkipReason } from '../../../../domain/annotation.ts';
import { isComplete, type RankingKey, toDraft, toTiers } from '../../../../domain/ranking.ts';
import { useLabelProgress } from '../../../_lib/use-label-progress.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { useTRPC, useTRPCClient } from '../../../_trpc/context.ts';
import { ErrorState } from '../../../_ui/state.tsx';
import { LabelHeader } from './label-header.tsx';
import { LabelSkeleton } from './label-skeleton.tsx';
import { NothingLeft } from './nothing-left.tsx';
import { RankBar } from './rank-bar.tsx';
import { type Task, toResponseTiers, toShownTiers } from './task.ts';
import { TaskView } from './task-view.tsx';
import { useAnnouncement } from './use-announcement.ts';
import { useAttentionTimer } from './use-attention-timer.ts';
import { useDrafts } from './use-drafts.ts';
import { useLabelKeys } from './use-label-keys.ts';
import { useOutbox } from './use-outbox.ts';
import { useTaskQueue } from './use-task-queue.ts';

const SkipDialog = dynamic(() => import('./skip-dialog.tsx').then((module) => module.SkipDialog));
const HelpDialog = dynamic(() => import('./help-dialog.tsx').then((module) => module.HelpDialog));

interface Submitted {
  entryId: string;
  task: Task;
  tiers: string[][];
}

export function LabelScreen() {
  const t = useTranslations('label');
  const { user, project } = useWorkspace();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const [submitted, setSubmitted] = useState<Submitted[]>([]);
  const [dialog, setDialog] = useState<'skip' | 'help' | null>(null);
  const [tiesNext, setTiesNext] = useState(false);
  const [isUndoing, setUndoing] = useState(false);
  const { draftOf, isBegun, press, replace } = useDrafts();
  const { outbox, waiting } = useOutbox(user.id, project.id, () => {
    void queryClient.invalidateQueries(trpc.label.progress.pathFilter());
  });
  const { current, supply, drop, putBack, refill } = useTaskQueue(
    project.id,
    outbox !== null,
    () => waiting.map((entry) => entry.leaseId),
    isBegun,
  );
  // Tasks were sampled, undone or skipped elsewhere: there may be one for us again.
  const { data: progress } = useLabelProgress();
  const open = progress?.open;
  const lookAgain = useEffectEvent(() => supply.state === 'empty' && refill());
  useEffect(() => {
    if (open) lookAgain();
  }, [open]);
  const readTimer = useAttentionTimer(current?.leaseId ?? null);
  const draft = current ? draftOf(current.leaseId, current.responses.length) : null;
  const announcement = useAnnouncement(current, draft);

  function rank(key: RankingKey) {
    if (!current) return;
    press(current.leaseId, current.responses.length, key);
    setTiesNext(false);
  }

  function leave(task: Task) {
    drop(task.leaseId);
    replace(task.leaseId, null);
    setTiesNext(false);
    window.scrollTo(0, 0);
  }

  function submit() {
    if (!current || !draft || !outbox || !isComplete(draft)) return;
    const id = crypto.randomUUID();
    const tiers = toResponseTiers(current, toTiers(draft));
    outbox.add({ kind: 'ranking', id, leaseId: current.leaseId, tiers, durationMs: readTimer(), at: Date.now() });
    setSubmitted((all) => [...all.slice(-19), { entryId: id, task: current, tiers }]);
    leave(current);
  }

  function skip(reason: SkipReason) {
    setDialog(null);
    if (!current || !outbox) return;
    outbox.add({ kind: 'skip', id: crypto.randomUUID(), leaseId: current.leaseId, reason, at: Date.now() });
    leave(current);
  }

  function bringBack(task: Task, tiers: readonly (readonly string[])[] | null) {
    replace(task.leaseId, tiers ? toDraft(toShownTiers(task, tiers)) : null);
    putBack(task);
    toast(t('undone'));
  }

  async function undo() {
    const last = submitted.at(-1);
    if (isUndoing || !outbox) return;
    // Not sent yet: nothing to ask the server.
    if (last && outbox.takeBack(last.entryId)) {
      setSubmitted((all) => all.slice(0, -1));
      bringBack(last.task, last.tiers);
      return;
    }
    setUndoing(true);
    try {
      await outbox.flush();
      const { task } = await client.label.undo.mutate({ projectId: project.id });
      if (!task) {
        toast(t('nothingToUndo'));
        return;
      }
      setSubmitted((all) => all.filter((one) => one.task.taskId !== task.taskId));
      bringBack(task, task.annotation?.tiers ?? null);
      void queryClient.invalidateQueries(trpc.label.progress.pathFilter());
    } catch (error) {
      toast.error(t('undoFailed'), { description: error instanceof Error ? error.message : undefined });
    } finally {
      setUndoing(false);
    }
  }

  useLabelKeys({
    isActive: dialog === null,
    rank: (key) => rank(key.type === 'place' ? { ...key, tied: key.tied || tiesNext } : key),
    submit,
    undo: () => void undo(),
    skip: () => current && setDialog('skip'),
    tie: () => setTiesNext((ties) => !ties),
    help: () => setDialog('help'),
  });

  return (
    <div className="flex min-h-dvh flex-col">
      <LabelHeader waiting={waiting.length} onHelp={() => setDialog('help')} />
      <main id="content" className="flex flex-1 flex-col">
        <h1 className="sr-only">{t('title')}</h1>
        {current && draft ? (
          <>
            <TaskView
              key={current.leaseId}
              task={current}
              draft={draft}
              onPlace={(index, tied) => rank({ type: 'place', index, tied: tied || tiesNext })}
            />
            <RankBar
              draft={draft}
              tiesNext={tiesNext}
              isUndoing={isUndoing}
              onSubmit={submit}
              onTakeBack={() => rank({ type: 'takeBack' })}
              onTie={() => setTiesNext((ties) => !ties)}
              onUndo={() => void undo()}
              onSkip={() => setDialog('skip')}
            />
          </>
        ) : (
          <div className="mx-auto w-full max-w-5xl px-4 py-10">
            {supply.state === 'failed' ? (
              <ErrorState error={supply.error} onRetry={refill} />
            ) : supply.state === 'empty' ? (
              <NothingLeft reason={supply.reason} isUndoing={isUndoing} onUndo={() => void undo()} onLook={refill} />
            ) : (
              <LabelSkeleton />
            )}
          </div>
        )}
      </main>
      <p aria-live="polite" className="sr-only">
        {announcement}
      </p>
      {dialog === 'skip' && <SkipDialog onClose={() => setDialog(null)} onSkip={skip} />}
      {dialog === 'help' && <HelpDialog onClose={() => setDialog(null)} />}
    </div>
  );
}
