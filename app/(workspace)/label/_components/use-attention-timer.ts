import { useCallback, useEffect, useRef } from 'react';

/** Milliseconds for which `subject` has been on a visible page: time in another tab does not count. */
export function useAttentionTimer(subject: string | null): () => number {
  const clock = useRef({ subject, spent: 0, since: 0 });

  useEffect(() => {
    clock.current = { subject, spent: 0, since: document.hidden ? 0 : performance.now() };
    const change = () => {
      const { spent, since } = clock.current;
      clock.current = document.hidden
        ? { subject, spent: spent + (since ? performance.now() - since : 0), since: 0 }
        : { subject, spent, since: performance.now() };
    };
    document.addEventListener('visibilitychange', change);
    return () => document.removeEventListener('visibilitychange', change);
  }, [subject]);

  return useCallback(() => {
    const { spent, since } = clock.current;
    return Math.round(spent + (since ? performance.now() - since : 0));
  }, []);
}
