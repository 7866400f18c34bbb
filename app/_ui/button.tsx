// Buttons. `shortcut` shows the key that does the same.
import { LoaderCircle } from 'lucide-react';
import type { ComponentProps } from 'react';
import { buttonClass, type Size, type Variant } from './button-class.ts';
import { Kbd } from './kbd.tsx';

export interface ButtonLook {
  variant?: Variant;
  size?: Size;
  shortcut?: string;
}

export type ButtonProps = ComponentProps<'button'> & ButtonLook & { pending?: boolean };

export function Button({
  variant = 'secondary',
  size = 'md',
  shortcut,
  pending = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={buttonClass(variant, size, className)}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      {...rest}
    >
      {pending && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
      {shortcut && <Kbd onAccent={variant === 'primary'}>{shortcut}</Kbd>}
    </button>
  );
}
