// Connects the outbox to the API, to the network coming back, and to React.
import { TRPCClientError } from '@trpc/client';
import { useTranslations } from 'next-intl';
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { toast } from 'sonner';
import { useTRPCClient } from '../../../_trpc/context.ts';
import { createOutbox, type Outbox, type OutboxEntry, type SendOutcome } from './outbox.ts';

type Client = ReturnType<typeof useTRPCClient>;

/** Refused for good only where the server says so; a lost connection or session keeps the entry. */
function outcomeOf(error: unknown): SendOutcome {
  const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    if (status === 401) window.location.assign('/sign-in?next=/label');
    else if (status !== 408 && status !== 429) return { type: 'refused', message: error.message };
  }
  return { type: 'later' };
}

async function send(client: Client, projectId: string, entry: OutboxEntry): Promise<SendOutcome> {
  try {
    if (entry.kind === 'skip')
      await client.label.skip.mutate({ projectId, leaseId: entry.leaseId, reason: entry.reason });
    else {
      const { id, leaseId, tiers, durationMs } = entry;
      await client.label.submit.mutate({ projectId, submissionId: id, leaseId, annotation: { tiers }, durationMs });
    }
    return { type: 'saved' };
  } catch (error) {
    return outcomeOf(error);
  }
}

const none: readonly OutboxEntry[] = [];

/** `onSaved` runs after each entry that the server has confirmed. */
export function useOutbox(userId: string, projectId: string, onSaved: () => void) {
  const t = useTranslations('label');
  const client = useTRPCClient();
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  const saved = useEffectEvent(onSaved);
  const refused = useEffectEvent((message: string) => toast.error(t('refused'), { description: message }));

  useEffect(() => {
    const created = createOutbox({
      storage: window.localStorage,
      prefix: `rankloop.outbox.${userId}.`,
      send: (entry) => send(client, projectId, entry),
      onSaved: () => saved(),
      onRefused: (_entry, message) => refused(message),
    });
    setOutbox(created);
    void created.flush();
    const flush = () => void created.flush();
    window.addEventListener('online', flush);
    return () => {
      window.removeEventListener('online', flush);
      created.close();
    };
  }, [client, userId, projectId]);

  const subscribe = useCallback((listener: () => void) => outbox?.subscribe(listener) ?? (() => {}), [outbox]);
  const waiting = useSyncExternalStore(
    subscribe,
    () => outbox?.entries() ?? none,
    () => none,
  );
  return { outbox, waiting };
}
