// What has been said of the tasks at hand and how long they were worked on, by the task's key. Kept in localStorage, so
// that a reload, a closed tab or a crash loses nothing; tabs that show the same task see each other's changes.
import { type AnnotationDraft, isUntouched } from '../../../../domain/annotation-draft.ts';
import { readDraft } from '../../../../domain/stored-draft.ts';

interface Kept {
  draft: AnnotationDraft | null;
  spentMs: number;
  at: number;
}

export interface DraftStore {
  /** Null while nothing has been said. The same object until it changes. */
  draft(key: string): AnnotationDraft | null;
  /** Whether something was said: such a task is kept when the page is left. */
  isBegun(key: string): boolean;
  change(key: string, draft: AnnotationDraft): void;
  spentMs(key: string): number;
  spend(key: string, spentMs: number): void;
  forget(key: string): void;
  /** Another tab wrote what lies under a storage key. */
  reread(storageKey: string): void;
  subscribe(listener: () => void): () => void;
}

interface DraftStoreOptions {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  prefix: string;
  now: () => number;
}

/** Drafts of tasks that went elsewhere are swept up after this long. */
const keptForMs = 14 * 24 * 3_600_000;

const nothing: Kept = { draft: null, spentMs: 0, at: 0 };

function parse(stored: string | null): Kept {
  try {
    const { draft, spentMs, at } = JSON.parse(stored ?? 'null') as Record<keyof Kept, unknown>;
    return {
      draft: readDraft(draft),
      spentMs: typeof spentMs === 'number' && spentMs >= 0 ? spentMs : 0,
      at: typeof at === 'number' ? at : 0,
    };
  } catch {
    return nothing;
  }
}

export function createDraftStore({ storage, prefix, now }: DraftStoreOptions): DraftStore {
  const known = new Map<string, Kept>();
  const listeners = new Set<() => void>();
  sweep();

  function sweep(): void {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
    for (const key of keys.filter((key) => key.startsWith(prefix))) {
      if (parse(storage.getItem(key)).at < now() - keptForMs) storage.removeItem(key);
    }
  }

  function read(key: string): Kept {
    const kept = known.get(key) ?? parse(storage.getItem(prefix + key));
    known.set(key, kept);
    return kept;
  }

  function write(key: string, changes: Partial<Kept>): void {
    const kept = { ...read(key), ...changes, at: now() };
    known.set(key, kept);
    try {
      storage.setItem(prefix + key, JSON.stringify(kept));
    } catch {
      // No room: the draft lives as long as the page.
    }
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    draft: (key) => read(key).draft,
    isBegun(key) {
      const { draft } = read(key);
      return draft !== null && !isUntouched(draft);
    },
    change(key, draft) {
      write(key, { draft });
      tell();
    },
    spentMs: (key) => read(key).spentMs,
    spend: (key, spentMs) => write(key, { spentMs }),
    forget(key) {
      known.delete(key);
      storage.removeItem(prefix + key);
      tell();
    },
    reread(storageKey) {
      if (!storageKey.startsWith(prefix)) return;
      known.delete(storageKey.slice(prefix.length));
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
