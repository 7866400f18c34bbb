// What the annotator has done and the server has not yet confirmed. Kept in localStorage, so that a reload, a closed
// tab or a lost connection loses nothing; every entry has an id of its own, so that sending it twice does no harm.
import type { SkipReason } from '../../../../domain/annotation.ts';

export type OutboxEntry = { id: string; leaseId: string; at: number } & (
  | { kind: 'ranking'; tiers: string[][]; durationMs: number }
  | { kind: 'skip'; reason: SkipReason }
);

/** What became of an entry: saved, refused for good (with the reason), or to be tried again. */
export type SendOutcome = { type: 'saved' } | { type: 'refused'; message: string } | { type: 'later' };

export interface OutboxOptions {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  /** Each entry lies under `<prefix><id>`, so that two tabs never overwrite one another's. */
  prefix: string;
  send: (entry: OutboxEntry) => Promise<SendOutcome>;
  onRefused: (entry: OutboxEntry, message: string) => void;
  onSaved: (entry: OutboxEntry) => void;
  /** Milliseconds until the n-th try again. */
  delay?: (failures: number) => number;
}

export interface Outbox {
  entries(): readonly OutboxEntry[];
  add(entry: OutboxEntry): void;
  /** Takes an entry back that has not been sent: false once it is on its way or gone. */
  takeBack(id: string): boolean;
  /** Sends what is waiting, in order. Resolves when nothing is left or the next try must wait. */
  flush(): Promise<void>;
  subscribe(listener: () => void): () => void;
  close(): void;
}

const defaultDelay = (failures: number): number => Math.min(30_000, 1000 * 2 ** (failures - 1));

function parse(stored: string | null): OutboxEntry[] {
  try {
    return stored === null ? [] : [JSON.parse(stored) as OutboxEntry];
  } catch {
    return [];
  }
}

function readAll(storage: OutboxOptions['storage'], prefix: string): OutboxEntry[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index))
    .filter((key) => key?.startsWith(prefix))
    .flatMap((key) => parse(storage.getItem(key ?? '')))
    .sort((one, other) => one.at - other.at);
}

export function createOutbox({
  storage,
  prefix,
  send,
  onRefused,
  onSaved,
  delay = defaultDelay,
}: OutboxOptions): Outbox {
  let entries = readAll(storage, prefix);
  let sending: OutboxEntry | null = null;
  let running: Promise<void> | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const listeners = new Set<() => void>();

  function set(next: OutboxEntry[]): void {
    entries = next;
    for (const listener of listeners) listener();
  }

  function remove(id: string): void {
    storage.removeItem(prefix + id);
    set(entries.filter((entry) => entry.id !== id));
  }

  async function run(): Promise<void> {
    for (let entry = entries[0]; entry && !isClosed; entry = entries[0]) {
      sending = entry;
      const outcome = await send(entry).catch((): SendOutcome => ({ type: 'later' }));
      sending = null;
      if (outcome.type === 'later') {
        failures += 1;
        if (!isClosed) timer = setTimeout(() => void flush(), delay(failures));
        return;
      }
      failures = 0;
      remove(entry.id);
      if (outcome.type === 'saved') onSaved(entry);
      else onRefused(entry, outcome.message);
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    entries: () => entries,
    add(entry) {
      storage.setItem(prefix + entry.id, JSON.stringify(entry));
      set([...entries, entry]);
      void flush();
    },
    takeBack(id) {
      if (sending?.id === id || !entries.some((entry) => entry.id === id)) return false;
      remove(id);
      return true;
    },
    flush,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
