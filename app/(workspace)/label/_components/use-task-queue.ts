// The task on the screen and the next ones, fetched before they are wanted, so that submitting shows the next at once.
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import { type Outputs, useTRPCClient } from '../../../_trpc/context.ts';
import type { Task } from './task.ts';

/** The one on the screen and two behind it. */
const depth = 3;
const heartbeatMs = 30_000;
const retryMs = 5_000;

type EmptyReason = NonNullable<Outputs['label']['next']['reason']>;

type Supply =
  | { state: 'fetching' | 'ready' }
  | { state: 'empty'; reason: EmptyReason }
  | { state: 'failed'; error: { message: string } };

/** As many leases as one request may name. */
const mostLeases = 20;

/** `isBegun` tells the leases whose ranking is half made: those are kept when the page is left. */
export function useTaskQueue(
  projectId: string,
  isReady: boolean,
  leasesBeingSaved: () => string[],
  isBegun: (leaseId: string) => boolean,
) {
  const client = useTRPCClient();
  const [queue, setQueue] = useState<Task[]>([]);
  const [supply, setSupply] = useState<Supply>({ state: 'ready' });
  const heldLeases = useEffectEvent(() => queue.map((task) => task.leaseId));
  const queueLength = useEffectEvent(() => queue.length);
  const savingLeases = useEffectEvent(leasesBeingSaved);
  const isLeft = useRef(false);
  const untouchedLeases = useEffectEvent(() => heldLeases().filter((leaseId) => !isBegun(leaseId)));

  const wantsMore = isReady && supply.state === 'ready' && queue.length < depth;
  useEffect(() => {
    if (!wantsMore) return;
    setSupply({ state: 'fetching' });
    const holding = [...heldLeases(), ...savingLeases()].slice(0, mostLeases);
    client.label.next.mutate({ projectId, holding, count: depth - queueLength() }).then(
      (next) => {
        // They came after the page was left.
        if (isLeft.current) {
          const leaseIds = next.tasks.map((task) => task.leaseId);
          if (leaseIds.length > 0) client.label.release.mutate({ projectId, leaseIds }).catch(() => {});
          return;
        }
        setQueue((tasks) => [
          ...tasks,
          ...next.tasks.filter((added) => !tasks.some((task) => task.taskId === added.taskId)),
        ]);
        setSupply(next.reason ? { state: 'empty', reason: next.reason } : { state: 'ready' });
      },
      (error: Error) => setSupply({ state: 'failed', error }),
    );
  }, [wantsMore, client, projectId]);

  /** Asks again after "nothing left" or an error. */
  const refill = useCallback(() => setSupply((now) => (now.state === 'fetching' ? now : { state: 'ready' })), []);

  // A lost connection comes back by itself; whoever is in a hurry has a button.
  const hasFailed = supply.state === 'failed';
  useEffect(() => {
    if (!hasFailed) return;
    const timer = setTimeout(refill, retryMs);
    return () => clearTimeout(timer);
  }, [hasFailed, refill]);

  useEffect(() => {
    const timer = setInterval(() => {
      const leaseIds = heldLeases();
      // A missed beat is made good by the next; a lease that ran out shows when its ranking is submitted.
      if (leaseIds.length > 0) client.label.heartbeat.mutate({ projectId, leaseIds }).catch(() => {});
    }, heartbeatMs);
    return () => clearInterval(timer);
  }, [client, projectId]);

  // Prefetched tasks of a page that was left would keep others, and judges, waiting until the leases run out.
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
      const leaseIds = untouchedLeases();
      if (leaseIds.length > 0) client.label.release.mutate({ projectId, leaseIds }).catch(() => {});
    };
  }, [client, projectId]);

  const drop = useCallback((leaseId: string) => {
    setQueue((tasks) => tasks.filter((task) => task.leaseId !== leaseId));
  }, []);

  const putBack = useCallback((task: Task) => {
    setQueue((tasks) => [task, ...tasks.filter((other) => other.taskId !== task.taskId)]);
  }, []);

  return { current: queue[0] ?? null, supply, drop, putBack, refill };
}
