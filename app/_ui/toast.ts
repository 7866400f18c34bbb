// Short notices. What shows them (Sonner) is loaded with the first key or click on a page, ahead of the first notice;
// a notice that comes sooner waits for it.
import type { ReactNode } from 'react';
import type { ExternalToast, toast as show } from 'sonner';

type Kind = 'message' | 'success' | 'warning' | 'error';
type Show = typeof show;

const waiting: ((show: Show) => void)[] = [];
let shown: Show | null = null;
let wake: (() => void) | null = null;

function notify(kind: Kind, message: ReactNode, options?: ExternalToast): void {
  const say = (through: Show) => void through[kind](message, options);
  if (shown) say(shown);
  else {
    waiting.push(say);
    wake?.();
  }
}

export const toast = Object.assign(
  (message: ReactNode, options?: ExternalToast) => notify('message', message, options),
  {
    success: (message: ReactNode, options?: ExternalToast) => notify('success', message, options),
    warning: (message: ReactNode, options?: ExternalToast) => notify('warning', message, options),
    error: (message: ReactNode, options?: ExternalToast) => notify('error', message, options),
  },
);

/** For the page's toaster: `start` is called once there is something to show. */
export function onFirstToast(start: () => void): () => void {
  wake = start;
  if (waiting.length > 0) start();
  return () => {
    wake = null;
  };
}

/** The toaster is there: what has waited is shown, and what comes next at once. */
export function showThrough(show: Show): void {
  shown = show;
  for (const say of waiting.splice(0)) say(show);
}
