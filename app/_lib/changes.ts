// What changed on the server, for parts of a page that want to know at once (a query is told by live-updates.tsx).

export type ChangeTopic = 'job' | 'round' | 'sft' | 'task' | 'project' | 'sync';

const listeners = new Map<ChangeTopic, Set<() => void>>();

/** Calls `listener` after each change of a topic; returns how to stop it. */
export function onChange(topic: ChangeTopic, listener: () => void): () => void {
  const own = listeners.get(topic) ?? new Set();
  listeners.set(topic, own.add(listener));
  return () => void own.delete(listener);
}

export function tellChange(topic: ChangeTopic): void {
  for (const listener of listeners.get(topic) ?? []) listener();
}
