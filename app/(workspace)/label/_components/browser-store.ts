// A value that a person's browser keeps, shared by its tabs: read once, written through, told to whoever shows it.
import { useSyncExternalStore } from 'react';

export interface BrowserStore<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** `read` makes sense of what was stored, of nothing, and of nonsense. */
export function createBrowserStore<T>(key: string, read: (stored: unknown) => T): BrowserStore<T> {
  const listeners = new Set<() => void>();
  let value = load();

  function load(): T {
    if (typeof window === 'undefined') return read(null);
    try {
      return read(JSON.parse(window.localStorage.getItem(key) ?? 'null'));
    } catch {
      return read(null);
    }
  }

  function tell(next: T): void {
    value = next;
    for (const listener of listeners) listener();
  }

  const onStorage = (event: StorageEvent) => event.key === key && tell(load());

  return {
    get: () => value,
    set(next) {
      try {
        window.localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // No room: it holds as long as the page does.
      }
      tell(next);
    },
    subscribe(listener) {
      if (listeners.size === 0) window.addEventListener('storage', onStorage);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) window.removeEventListener('storage', onStorage);
      };
    },
  };
}

export function useBrowserStore<T>(store: BrowserStore<T>, onServer: T): T {
  return useSyncExternalStore(store.subscribe, store.get, () => onServer);
}
