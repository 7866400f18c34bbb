// Connects the outbox to the API, to the network coming back, to the other tabs, and to React.
import { TRPCClientError } from '@trpc/client';
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { type Outputs, useTRPCClient } from '../../../_trpc/context.ts';
import { createOutbox, type Outbox, type SendOutcome } from './outbox.ts';
import type { OutboxEntry, RefusedEntry } from './outbox-entry.ts';

type Client = ReturnType<typeof useTRPCClient>;
/** What the server says of a ranking; null of a skip or a change. */
type Answer = Outputs['label']['submit'] | null;

const statuses = { signedOut: 401, timedOut: 408, tooMany: 429 } as const;

/** Refused for good only where the server says so; a lost connection or session keeps the entry. */
function outcomeOf(error: unknown): SendOutcome<Answer> {
  const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    if (status === statuses.signedOut) window.location.assign('/sign-in?next=/label');
    else if (status !== statuses.timedOut && status !== statuses.tooMany) {
      return { type: 'refused', message: error.message };
    }
  }
  return { type: 'later' };
}

type Senders = {
  [K in OutboxEntry['kind']]: (client: Client, entry: Extract<OutboxEntry, { kind: K }>) => Promise<Answer>;
};

const senders: Senders = {
  annotation: (client, { id, projectId, leaseId, annotation, durationMs, guidelineId }) =>
    client.label.submit.mutate({ submissionId: id, projectId, leaseId, annotation, durationMs, guidelineId }),
  revision: async (client, { id, projectId, rankingId, annotation, durationMs, guidelineId }) => {
    await client.label.revise.mutate({ submissionId: id, projectId, rankingId, annotation, durationMs, guidelineId });
    return null;
  },
  skip: async (client, { projectId, leaseId, reason, note, flags }) => {
    await client.label.skip.mutate({ projectId, leaseId, reason, flags, ...(note ? { note } : {}) });
    return null;
  },
};

async function send(client: Client, entry: OutboxEntry): Promise<SendOutcome<Answer>> {
  const sender = senders[entry.kind] as (client: Client, entry: OutboxEntry) => Promise<Answer>;
  try {
    return { type: 'saved', answer: await sender(client, entry) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Where the browser has locks (not on an insecure address), one tab sends at a time. */
function alone<R>(name: string, act: () => Promise<R>): Promise<R> {
  return navigator.locks ? navigator.locks.request(name, act) : act();
}

const none: readonly OutboxEntry[] = [];
const noneRefused: readonly RefusedEntry[] = [];

interface Listeners {
  onSaved: (entry: OutboxEntry, answer: Answer) => void;
  onRefused: (entry: OutboxEntry, message: string) => void;
  /** Another tab has dealt with a task. */
  onElsewhere: (entry: OutboxEntry) => void;
}

export function useOutbox(params: { userId: string; projectId: string } & Listeners) {
  const { userId, projectId } = params;
  const client = useTRPCClient();
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  const saved = useEffectEvent(params.onSaved);
  const refused = useEffectEvent(params.onRefused);
  const elsewhere = useEffectEvent(params.onElsewhere);

  useEffect(() => {
    const prefix = `rankloop.outbox.${userId}.`;
    const created = createOutbox<Answer>({
      storage: window.localStorage,
      prefix,
      refusedPrefix: `rankloop.refused.${userId}.`,
      projectId,
      send: (entry) => send(client, entry),
      onSaved: (entry, answer) => saved(entry, answer),
      onRefused: (entry, message) => refused(entry, message),
      alone: (act) => alone(prefix, act),
    });
    setOutbox(created);
    void created.flush();
    const flush = () => void created.flush();
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key !== null && !/^rankloop\.(outbox|refused)\./.test(key)) return;
      created.reread();
      const added = newValue && key?.startsWith(prefix) && created.entries().find(({ id }) => key === prefix + id);
      if (added) elsewhere(added);
    };
    window.addEventListener('online', flush);
    window.addEventListener('storage', onStorage);
    return () => {
      window.removeEventListener('online', flush);
      window.removeEventListener('storage', onStorage);
      created.close();
    };
  }, [client, userId, projectId]);

  const subscribe = useCallback((listener: () => void) => outbox?.subscribe(listener) ?? (() => {}), [outbox]);
  const waiting = useSyncExternalStore(
    subscribe,
    () => outbox?.entries() ?? none,
    () => none,
  );
  const shelved = useSyncExternalStore(
    subscribe,
    () => outbox?.refused() ?? noneRefused,
    () => noneRefused,
  );
  return { outbox, waiting, refused: shelved };
}
