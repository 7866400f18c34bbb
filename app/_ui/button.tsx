// Buttons, and links that look like them. `shortcut` shows the key that does the same.
import { LoaderCircle } from 'lucide-react';
import Link from 'next/link';
import type { ComponentProps } from 'react';
import { cx } from './cx.ts';
import { Kbd } from './kbd.tsx';

type Variant = 'primary' | 'secondary' | 'ghost' | 'danger';
type Size = 'sm' | 'md' | 'lg';

const variants: Record<Variant, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover border-transparent',
  secondary: 'bg-surface text-ink border-control/50 hover:border-control hover:bg-sunken',
  ghost: 'bg-transparent text-muted border-transparent hover:bg-sunken hover:text-ink',
  danger: 'bg-surface text-danger border-danger/50 hover:bg-danger-soft hover:border-danger',
};

const sizes: Record<Size, string> = {
  sm: 'h-7 px-2 text-[13px] gap-1.5',
  md: 'h-8 px-3 text-sm gap-2',
  lg: 'h-10 px-4 text-sm gap-2',
};

function buttonClass(variant: Variant, size: Size, className?: string): string {
  return cx(
    'inline-flex shrink-0 cursor-pointer select-none items-center justify-center whitespace-nowrap rounded-control border font-medium transition-colors',
    'disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55',
    variants[variant],
    sizes[size],
    className,
  );
}

interface Look {
  variant?: Variant;
  size?: Size;
  shortcut?: string;
}

export type ButtonProps = ComponentProps<'button'> & Look & { pending?: boolean };

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

export type ButtonLinkProps = ComponentProps<typeof Link> & Look;

export function ButtonLink({
  variant = 'secondary',
  size = 'md',
  shortcut,
  className,
  children,
  ...rest
}: ButtonLinkProps) {
  return (
    <Link className={buttonClass(variant, size, className as string | undefined)} {...rest}>
      {children}
      {shortcut && <Kbd onAccent={variant === 'primary'}>{shortcut}</Kbd>}
    </Link>
  );
}
