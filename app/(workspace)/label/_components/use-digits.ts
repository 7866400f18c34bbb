import { useEffect, useEffectEvent } from 'react';

/** Calls `press` with the digit's place, from 0, wherever nobody writes. For dialogs, which have the keys to themselves. */
export function useDigits(press: (index: number, event: KeyboardEvent) => void): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const isWriting = event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null;
    if (!digit || isWriting || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    press(Number(digit) - 1, event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
