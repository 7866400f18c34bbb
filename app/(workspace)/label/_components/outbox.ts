// What the annotator has done and the server has not yet confirmed. Kept in localStorage, so that a reload, a closed
// tab or a lost connection loses nothing; every entry has an id of its own, so that sending it twice does no harm.
// What the server refuses for good moves to a shelf beside it, where its author finds it again.
import { type OutboxEntry, type RefusedEntry, readEntry } from './outbox-entry.ts';

/** What became of an entry: saved, refused for good (with the reason), or to be tried again. */
export type SendOutcome<T> = { type: 'saved'; answer: T } | { type: 'refused'; message: string } | { type: 'later' };

export interface OutboxOptions<T> {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  /** Each entry lies under `<prefix><id>`, so that two tabs never overwrite one another's. */
  prefix: string;
  refusedPrefix: string;
  /** For entries from before there were several. */
  projectId: string;
  send: (entry: OutboxEntry) => Promise<SendOutcome<T>>;
  onRefused: (entry: OutboxEntry, message: string) => void;
  onSaved: (entry: OutboxEntry, answer: T) => void;
  /** Milliseconds until the n-th try again. */
  delay?: (failures: number) => number;
  /** Lets one tab at a time send. */
  alone?: <R>(act: () => Promise<R>) => Promise<R>;
}

export interface Outbox {
  entries(): readonly OutboxEntry[];
  refused(): readonly RefusedEntry[];
  add(entry: OutboxEntry): void;
  /** Takes an entry back that has not been sent: false once it is on its way or gone. */
  takeBack(id: string): boolean;
  /** Its author has seen to a refused entry. */
  discard(id: string): void;
  /** Sends what is waiting, in order. Resolves when nothing is left or the next try must wait. */
  flush(): Promise<void>;
  /** Another tab has added or sent something. */
  reread(): void;
  subscribe(listener: () => void): () => void;
  close(): void;
}

const defaultDelay = (failures: number): number => Math.min(30_000, 1000 * 2 ** (failures - 1));

function readAll(storage: OutboxOptions<unknown>['storage'], prefix: string): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).flatMap(
    (key) => (key?.startsWith(prefix) ? storage.getItem(key) : null) ?? [],
  );
}

export function createOutbox<T>({
  storage,
  prefix,
  refusedPrefix,
  projectId,
  send,
  onRefused,
  onSaved,
  delay = defaultDelay,
  alone = (act) => act(),
}: OutboxOptions<T>): Outbox {
  /** Those for which the storage had no room: they live as long as the page. */
  const homeless = new Map<string, OutboxEntry>();
  let entries = readEntries();
  let refused = readRefused();
  let sending: OutboxEntry | null = null;
  let running: Promise<void> | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const listeners = new Set<() => void>();

  function readEntries(): OutboxEntry[] {
    const stored = readAll(storage, prefix).flatMap((text) => readEntry(text, projectId) ?? []);
    return [...stored, ...homeless.values()].sort((one, other) => one.at - other.at);
  }

  function readRefused(): RefusedEntry[] {
    const stored = readAll(storage, refusedPrefix).map((text) => JSON.parse(text) as RefusedEntry);
    return stored.sort((one, other) => one.entry.at - other.entry.at);
  }

  function changed(): void {
    entries = readEntries();
    refused = readRefused();
    for (const listener of listeners) listener();
  }

  function remove(id: string): void {
    homeless.delete(id);
    storage.removeItem(prefix + id);
    changed();
  }

  function isThere(id: string): boolean {
    return homeless.has(id) || storage.getItem(prefix + id) !== null;
  }

  function shelve(entry: OutboxEntry, message: string): void {
    storage.setItem(refusedPrefix + entry.id, JSON.stringify({ entry, message } satisfies RefusedEntry));
  }

  /** Sends one entry, unless another tab has sent it or taken it back since. False: to be tried again. */
  async function sendOne(entry: OutboxEntry): Promise<boolean> {
    if (!isThere(entry.id)) {
      changed();
      return true;
    }
    sending = entry;
    const outcome = await send(entry).catch((): SendOutcome<T> => ({ type: 'later' }));
    sending = null;
    if (outcome.type === 'later') return false;
    if (outcome.type === 'refused') shelve(entry, outcome.message);
    remove(entry.id);
    if (outcome.type === 'saved') onSaved(entry, outcome.answer);
    else onRefused(entry, outcome.message);
    return true;
  }

  async function run(): Promise<void> {
    for (let entry = entries[0]; entry && !isClosed; entry = entries[0]) {
      const next = entry;
      if (!(await alone(() => sendOne(next)))) {
        failures += 1;
        if (!isClosed) timer = setTimeout(() => void flush(), delay(failures));
        return;
      }
      failures = 0;
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
    refused: () => refused,
    add(entry) {
      try {
        storage.setItem(prefix + entry.id, JSON.stringify(entry));
      } catch {
        homeless.set(entry.id, entry);
      }
      changed();
      void flush();
    },
    takeBack(id) {
      if (sending?.id === id || !isThere(id)) return false;
      remove(id);
      return true;
    },
    discard(id) {
      storage.removeItem(refusedPrefix + id);
      changed();
    },
    flush,
    reread: changed,
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
