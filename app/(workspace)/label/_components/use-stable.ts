import { useCallback, useLayoutEffect, useRef } from 'react';

/** A function that stays the same for those who hold it and does what the last render says. For event handlers only. */
export function useStable<A extends unknown[]>(handler: (...args: A) => void): (...args: A) => void {
  const latest = useRef(handler);
  useLayoutEffect(() => {
    latest.current = handler;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}
