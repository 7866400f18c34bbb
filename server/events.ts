// What changed, as it happens: one LISTEN connection per process, fanned out to the pages' subscriptions.
// Only topics and ids travel; pages ask again for what they show.
import { EventEmitter, on } from 'node:events';
import pg from 'pg';
import { type Change, changeChannel, parseChange } from './services/notify.ts';

/** `sync`: changes may have been missed (a connection was lost): ask for everything again. */
export type FeedEvent = { id: string; change: Change | { topic: 'sync'; id: '' } };

export interface ChangeFeed {
  /** Everything from now on, starting with `sync`. */
  subscribe(signal: AbortSignal | undefined): AsyncIterable<FeedEvent>;
  close(): Promise<void>;
}

const reconnectMs = 500;
/** Two hundred people rank fifty tasks a second, and each such notice goes to every page: they are told once a while. */
const gatherTasksMs = 3_000;
/** Told to all pages in one instant, such a notice would hold up every request: they hear of it one after the other. */
const betweenPagesMs = 10;

export function openChangeFeed(url: string): ChangeFeed {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let count = 0;

  const emit = (change: FeedEvent['change']) =>
    emitter.emit('event', { id: String(++count), change } satisfies FeedEvent);
  /** By project: its newest change since the one that was told, if any. */
  const gathering = new Map<string, { timer: NodeJS.Timeout; last: Change | null }>();
  const emitGathered = (change: Change) => {
    if (change.topic !== 'task') return emit(change);
    const projectId = change.projectId ?? '';
    const gathered = gathering.get(projectId);
    if (gathered) {
      gathered.last = change;
      return;
    }
    emit(change);
    const timer = setTimeout(() => {
      const last = gathering.get(projectId)?.last;
      gathering.delete(projectId);
      if (last) emitGathered(last);
    }, gatherTasksMs);
    gathering.set(projectId, { timer, last: null });
  };
  const retry = () => {
    if (closed || timer) return;
    timer = setTimeout(() => {
      timer = null;
      void listen();
    }, reconnectMs);
  };

  async function listen(): Promise<void> {
    const next = new pg.Client({ connectionString: url, application_name: 'rankloop events', keepAlive: true });
    client = next;
    next.on('error', () => undefined);
    next.on('end', retry);
    next.on('notification', ({ payload }) => {
      const change = parseChange(payload);
      if (change) emitGathered(change);
    });
    try {
      await next.connect();
      await next.query(`listen ${changeChannel}`);
      emit({ topic: 'sync', id: '' });
    } catch {
      await next.end().catch(() => undefined);
      retry();
    }
  }
  void listen();

  return {
    async *subscribe(signal) {
      const own = new EventEmitter();
      const forward = (event: FeedEvent) => {
        const spreadMs = Math.min(gatherTasksMs, emitter.listenerCount('event') * betweenPagesMs);
        if (event.change.topic !== 'task') own.emit('event', event);
        else setTimeout(() => own.emit('event', event), Math.random() * spreadMs).unref();
      };
      // Listening starts before the first yield, so nothing falls between the two.
      const events = on(own, 'event', { signal });
      emitter.on('event', forward);
      try {
        yield { id: String(count), change: { topic: 'sync', id: '' } };
        for await (const [event] of events) yield event as FeedEvent;
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        emitter.off('event', forward);
      }
    },
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      for (const gathered of gathering.values()) clearTimeout(gathered.timer);
      await client?.end().catch(() => undefined);
    },
  };
}
