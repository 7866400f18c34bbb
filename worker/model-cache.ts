// The engine child's open models: a request beside a job shares their weights. One that nobody uses stays, since the next
// request is likely to want it, until another one wants the memory.

export interface ModelCache<K, M> {
  use<T>(key: K, work: (model: M) => Promise<T>): Promise<T>;
  /** Closes what is not at work, for memory. */
  closeIdle(): Promise<void>;
}

interface Entry<M> {
  model: Promise<M>;
  users: number;
}

/** `nameOf` tells keys apart: two of one name are one model. */
export function createModelCache<K, M extends { close(): Promise<void> }>(
  open: (key: K) => Promise<M>,
  nameOf: (key: K) => string,
): ModelCache<K, M> {
  const entries = new Map<string, Entry<M>>();

  async function closeIdle(kept?: string): Promise<void> {
    for (const [name, { model, users }] of entries) {
      if (users > 0 || name === kept) continue;
      entries.delete(name);
      await (await model).close();
    }
  }

  /** An entry that nobody can take from under its first user: it is counted before anything is awaited. */
  function take(name: string, key: K): Entry<M> {
    const known = entries.get(name);
    if (known) {
      known.users++;
      return known;
    }
    const entry: Entry<M> = { model: closeIdle().then(() => open(key)), users: 1 };
    entries.set(name, entry);
    // What failed to open is tried anew at the next request.
    entry.model.catch(() => entries.get(name) === entry && entries.delete(name));
    return entry;
  }

  return {
    closeIdle: () => closeIdle(),
    async use(key, work) {
      const name = nameOf(key);
      const entry = take(name, key);
      try {
        return await work(await entry.model);
      } finally {
        entry.users--;
        await closeIdle(name);
      }
    },
  };
}
