// The task on the screen and the next ones, fetched before they are wanted, so that submitting shows the next at once.
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import { onChange } from '../../../_lib/changes.ts';
import { useTRPCClient } from '../../../_trpc/context.ts';
import { type DeskTask, type EmptyReason, givenTask } from './task.ts';

/** The one on the screen and two behind it. */
const depth = 3;
const heartbeatMs = 30_000;
const retryMs = 5_000;
/** Nobody's event: a lease that ran out, a pause that ended. */
const lookAgainMs = 20_000;
/** Many people wait when little is left: they are not to ask all at once, nor at each other's every ranking. */
const lookAtMostEveryMs = 4_000;
const spreadMs = 1_000;

export type Supply =
  | { state: 'fetching' | 'ready' }
  | { state: 'empty'; reason: EmptyReason }
  | { state: 'failed'; error: { message: string } };

/** As many leases as one request may name. */
const mostLeases = 20;

interface TaskQueueParams {
  projectId: string;
  isReady: boolean;
  /** Leases whose answer is on its way: the server still counts them as held. */
  leasesBeingSaved: () => string[];
  /** Whether something was said of a task: it is kept when the page is left, and when its lease is lost. */
  isBegun: (task: DeskTask) => boolean;
  /** A prefetched task was taken back, or a reader's turn is over. */
  onLost: (task: DeskTask) => void;
}

export function useTaskQueue({ projectId, isReady, leasesBeingSaved, isBegun, onLost }: TaskQueueParams) {
  const client = useTRPCClient();
  const [queue, setQueue] = useState<DeskTask[]>([]);
  const [supply, setSupply] = useState<Supply>({ state: 'ready' });
  const heldLeases = useEffectEvent(() => queue.map((task) => task.key));
  const queueLength = useEffectEvent(() => queue.length);
  const savingLeases = useEffectEvent(leasesBeingSaved);
  const isLeft = useRef(false);
  const untouchedLeases = useEffectEvent(() => queue.filter((task) => !isBegun(task)).map((task) => task.key));

  const wantsMore = isReady && supply.state === 'ready' && queue.length < depth;
  useEffect(() => {
    if (!wantsMore) return;
    setSupply({ state: 'fetching' });
    const saving = savingLeases();
    const holding = [...heldLeases(), ...saving].slice(0, mostLeases);
    client.label.next.mutate({ projectId, holding, count: depth - queueLength() }).then(
      (next) => {
        // They came after the page was left.
        if (isLeft.current) {
          const leaseIds = next.tasks.map((task) => task.leaseId);
          if (leaseIds.length > 0) client.label.release.mutate({ projectId, leaseIds }).catch(() => {});
          return;
        }
        const given = next.tasks.map(givenTask).filter((task) => !saving.includes(task.key));
        setQueue((tasks) => [...tasks, ...given.filter(({ taskId }) => !tasks.some((task) => task.taskId === taskId))]);
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
    window.addEventListener('online', refill);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', refill);
    };
  }, [hasFailed, refill]);

  // With nothing on the screen: look as soon as some task changed anywhere, and now and then in any case.
  const isDry = supply.state === 'empty' && queue.length === 0;
  const lastLook = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (!isDry) return;
    let soon: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      lastLook.current = performance.now();
      refill();
    };
    const lookSoon = () => {
      const wait = Math.max(0, lastLook.current + lookAtMostEveryMs - performance.now());
      soon ??= setTimeout(look, wait + Math.random() * spreadMs);
    };
    const stop = onChange('task', lookSoon);
    const timer = setInterval(look, lookAgainMs);
    return () => {
      stop();
      clearInterval(timer);
      clearTimeout(soon);
    };
  }, [isDry, refill]);

  const drop = useCallback((key: string) => setQueue((tasks) => tasks.filter((task) => task.key !== key)), []);

  const lost = useEffectEvent((renewed: readonly string[], asked: readonly string[]) => {
    const gone = queue.filter((task) => asked.includes(task.key) && !renewed.includes(task.key));
    for (const task of gone.filter((task) => !isBegun(task))) {
      drop(task.key);
      onLost(task);
    }
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const held = heldLeases();
      const leaseIds = [...held, ...savingLeases()].slice(0, mostLeases);
      if (leaseIds.length === 0) return;
      // A missed beat is made good by the next.
      client.label.heartbeat.mutate({ projectId, leaseIds }).then(
        (renewed) =>
          lost(
            renewed.map(({ leaseId }) => leaseId),
            held,
          ),
        () => {},
      );
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

  const putBack = useCallback((task: DeskTask) => {
    setQueue((tasks) => [task, ...tasks.filter((other) => other.taskId !== task.taskId)]);
  }, []);

  return { queue, supply, drop, putBack, refill };
}
