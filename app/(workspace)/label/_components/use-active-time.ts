// How long somebody has been at work on the task on the screen (domain/active-time.ts), kept over a reload. Only one
// page has the focus at a time, so that two tabs never count the same moment.
import { useCallback, useEffect, useRef } from 'react';
import { act, activeMs, attend, startClock } from '../../../../domain/active-time.ts';
import type { DraftStore } from './draft-store.ts';

const activities = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'scroll', 'touchmove'] as const;
const keepEveryMs = 5_000;
/** Finer than this, moving a mouse is one activity. */
const grainMs = 1_000;

const isAttended = () => !document.hidden && document.hasFocus();

/** Reads the active milliseconds on `key` so far. */
export function useActiveTime(store: DraftStore, key: string | null): () => number {
  const clock = useRef(startClock(0, false));

  useEffect(() => {
    if (key === null) {
      clock.current = startClock(performance.now(), false);
      return;
    }
    clock.current = startClock(performance.now(), isAttended(), store.spentMs(key));
    const keep = () => store.spend(key, Math.round(activeMs(clock.current, performance.now())));
    const onActivity = () => {
      const now = performance.now();
      if (now - clock.current.lastActivity > grainMs) clock.current = act(clock.current, now);
    };
    const onAttention = () => {
      const now = performance.now();
      const wasAttended = clock.current.since !== null;
      if (wasAttended === isAttended()) return;
      if (wasAttended) {
        clock.current = attend(clock.current, now, false);
        keep();
        // Another tab may have gone on with the same task.
      } else clock.current = startClock(now, true, store.spentMs(key));
    };
    const timer = setInterval(() => clock.current.since !== null && keep(), keepEveryMs);
    for (const activity of activities) window.addEventListener(activity, onActivity, { passive: true, capture: true });
    document.addEventListener('visibilitychange', onAttention);
    window.addEventListener('focus', onAttention);
    window.addEventListener('blur', onAttention);
    window.addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      for (const activity of activities) window.removeEventListener(activity, onActivity, { capture: true });
      document.removeEventListener('visibilitychange', onAttention);
      window.removeEventListener('focus', onAttention);
      window.removeEventListener('blur', onAttention);
      window.removeEventListener('pagehide', keep);
    };
  }, [store, key]);

  return useCallback(() => Math.round(activeMs(clock.current, performance.now())), []);
}
