import type { ReactNode } from 'react';
import { cx } from './cx.ts';

interface KbdProps {
  children: ReactNode;
  onAccent?: boolean;
  /** Shown on small and touch screens too, which have no keys to press. */
  always?: boolean;
}

/** A key cap. Hidden from screen readers: the control that carries it has its own name. */
export function Kbd({ children, onAccent = false, always = false }: KbdProps) {
  return (
    <kbd
      aria-hidden
      dir="ltr"
      className={cx(
        'inline-flex h-5 min-w-5 items-center justify-center rounded border px-1 font-mono text-xs leading-none',
        onAccent ? 'border-on-accent/50 text-on-accent' : 'border-line bg-sunken text-muted',
        !always && 'pointer-coarse:hidden max-sm:hidden',
      )}
    >
      {children}
    </kbd>
  );
}
