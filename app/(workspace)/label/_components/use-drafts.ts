// The drafts of this person, for React.
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  type AnnotationDraft,
  changeDraft,
  type DraftAction,
  emptyAnnotation,
  fromAnnotation,
} from '../../../../domain/annotation-draft.ts';
import type { LabelSettings } from '../../../../domain/label-settings.ts';
import { createDraftStore, type DraftStore } from './draft-store.ts';
import type { DeskTask } from './task.ts';

const noStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {}, key: () => null, length: 0 };

export function useDraftStore(userId: string): DraftStore {
  const store = useMemo(() => {
    const storage = typeof window === 'undefined' ? noStorage : window.localStorage;
    return createDraftStore({ storage, prefix: `rankloop.draft.${userId}.`, now: Date.now });
  }, [userId]);
  useEffect(() => {
    const onStorage = (event: StorageEvent) => event.key && store.reread(event.key);
    window.addEventListener('storage', onStorage);
    return () => window.removeEventListener('storage', onStorage);
  }, [store]);
  return store;
}

/** What was begun, else what was said before, else nothing. */
function shownDraft(kept: AnnotationDraft | null, task: DeskTask): AnnotationDraft {
  if (kept?.ranking.count === task.responses.length) return kept;
  return task.annotation ? fromAnnotation(task.annotation, task) : emptyAnnotation(task.responses.length);
}

export function draftOf(store: DraftStore, task: DeskTask): AnnotationDraft {
  return shownDraft(store.draft(task.key), task);
}

export function useDraft(store: DraftStore, task: DeskTask | null) {
  const kept = useSyncExternalStore(
    store.subscribe,
    () => (task ? store.draft(task.key) : null),
    () => null,
  );
  return useMemo(() => task && shownDraft(kept, task), [kept, task]);
}

export function changeStored(store: DraftStore, task: DeskTask, action: DraftAction, settings: LabelSettings): void {
  const former = draftOf(store, task);
  const next = changeDraft(former, action, settings);
  if (next !== former) store.change(task.key, next);
}
