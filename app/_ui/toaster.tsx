'use client';
// Where notices appear. It is there from the first key or click on: nothing is to be noticed before.
import { type ComponentType, useEffect, useState } from 'react';
import { idle } from './idle.ts';
import type { ToasterProps } from './sonner-toaster.tsx';
import { onFirstToast } from './toast.ts';

export function Toaster(props: ToasterProps) {
  const [Shown, setShown] = useState<ComponentType<ToasterProps> | null>(null);
  const isThere = Shown !== null;
  useEffect(() => {
    if (isThere) return;
    const load = () => {
      import('./sonner-toaster.tsx').then(
        ({ SonnerToaster }) => setShown(() => SonnerToaster),
        // No connection: the next key or notice tries again.
        () => {},
      );
    };
    const loadSoon = () => void idle().then(load);
    const events = ['keydown', 'pointerdown'] as const;
    for (const event of events) window.addEventListener(event, loadSoon, { passive: true });
    const forget = onFirstToast(load);
    return () => {
      for (const event of events) window.removeEventListener(event, loadSoon);
      forget();
    };
  }, [isThere]);
  return Shown && <Shown {...props} />;
}
