import type { ReactNode } from 'react';
import { cx } from './cx.ts';

/** A key cap. Hidden from screen readers: the control that carries it has its own name. */
export function Kbd({ children, onAccent = false }: { children: ReactNode; onAccent?: boolean }) {
  return (
    <kbd
      aria-hidden
      className={cx(
        'inline-flex h-5 min-w-5 items-center justify-center rounded px-1 font-mono text-xs leading-none max-sm:hidden pointer-coarse:hidden',
        onAccent ? 'bg-on-accent/20 text-on-accent' : 'border border-line bg-sunken text-muted',
      )}
    >
      {children}
    </kbd>
  );
}
