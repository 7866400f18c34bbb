// What a person does with a task: answers it, skips it, takes the last answer back. Each is in the outbox at once, and
// the next task on the screen; the server hears of it behind that.
import { useTranslations } from 'next-intl';
import { useCallback, useRef, useState } from 'react';
import type { Annotation, SkipReason } from '../../../../domain/annotation.ts';
import { type AnnotationDraft, toAnnotation } from '../../../../domain/annotation-draft.ts';
import type { LabelSettings } from '../../../../domain/label-settings.ts';
import { useTRPCClient } from '../../../_trpc/context.ts';
import { toast } from '../../../_ui/toast.ts';
import type { DraftStore } from './draft-store.ts';
import { newId } from './new-id.ts';
import type { Outbox } from './outbox.ts';
import { type DeskTask, givenTask, previewOf } from './task.ts';
import { draftOf } from './use-drafts.ts';

/** An answer that can be taken back without asking the server, as long as it is not on its way. */
interface Given {
  entryId: string;
  task: DeskTask;
  draft: AnnotationDraft;
  durationMs: number;
}

const mostRemembered = 20;

interface AnswersParams {
  projectId: string;
  settings: LabelSettings;
  guidelineId: string | null;
  outbox: Outbox | null;
  store: DraftStore;
  activeMs: () => number;
  /** The task leaves the screen. */
  onLeave: (task: DeskTask) => void;
  /** A task is on the screen again, with what was said of it. */
  onBack: (task: DeskTask) => void;
  /** The server has one ranking less. */
  count: (done: { rankings: number; activeMs: number }) => void;
}

export function useAnswers(params: AnswersParams) {
  const { projectId, settings, guidelineId, outbox, store, activeMs, onLeave, onBack, count } = params;
  const t = useTranslations('label');
  const client = useTRPCClient();
  const answered = useRef<Given[]>([]);
  const [isUndoing, setUndoing] = useState(false);

  function leave(task: DeskTask): void {
    store.forget(task.key);
    onLeave(task);
  }

  /** Null where the page is not ready to keep it. */
  function answer(task: DeskTask): { entryId: string; annotation: Annotation } | null {
    if (!outbox) return null;
    const draft = draftOf(store, task);
    const annotation = toAnnotation(draft, task, settings);
    const durationMs = activeMs();
    const entryId = newId();
    const common = {
      id: entryId,
      at: Date.now(),
      projectId,
      preview: previewOf(task),
      annotation,
      durationMs,
      guidelineId,
    };
    if (task.source.kind === 'lease') {
      outbox.add({ kind: 'annotation', leaseId: task.source.leaseId, ...common });
      answered.current = [...answered.current, { entryId, task, draft, durationMs }].slice(-mostRemembered);
    } else {
      outbox.add({ kind: 'revision', rankingId: task.source.rankingId, ...common });
    }
    leave(task);
    return { entryId, annotation };
  }

  function skip(task: DeskTask, reason: SkipReason, note: string | null): void {
    if (!outbox || task.source.kind !== 'lease') return;
    const { flags } = toAnnotation(draftOf(store, task), task, settings);
    const { leaseId } = task.source;
    const preview = previewOf(task);
    outbox.add({ kind: 'skip', id: newId(), at: Date.now(), projectId, preview, leaseId, reason, note, flags });
    leave(task);
  }

  function bringBack(task: DeskTask): void {
    onBack(task);
    toast(t('undone'), { id: 'undo' });
  }

  async function undo(): Promise<void> {
    if (isUndoing || !outbox) return;
    const last = answered.current.at(-1);
    // Not sent yet: nothing to ask the server.
    if (last && outbox.takeBack(last.entryId)) {
      answered.current = answered.current.slice(0, -1);
      store.change(last.task.key, last.draft);
      store.spend(last.task.key, last.durationMs);
      return bringBack(last.task);
    }
    setUndoing(true);
    try {
      await outbox.flush();
      const { task } = await client.label.undo.mutate({ projectId });
      if (!task) return void toast(t('nothingToUndo'), { id: 'undo' });
      answered.current = answered.current.filter((one) => one.task.taskId !== task.taskId);
      const given = givenTask(task);
      // What the server has of it counts, not what this browser may have kept; and a reload is to find it again.
      store.forget(given.key);
      store.change(given.key, draftOf(store, given));
      count({ rankings: -1, activeMs: 0 });
      bringBack(given);
    } catch (error) {
      toast.error(t('undoFailed'), { id: 'undo', description: error instanceof Error ? error.message : undefined });
    } finally {
      setUndoing(false);
    }
  }

  /** The server has refused it: it can't be taken back any more. */
  const forget = useCallback((entryId: string) => {
    answered.current = answered.current.filter((one) => one.entryId !== entryId);
  }, []);

  return { answer, skip, undo, isUndoing, forget };
}
