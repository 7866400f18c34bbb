// A link that looks like a button. Apart from button.tsx: pages without links need not carry the code of next/link.
import Link from 'next/link';
import type { ComponentProps } from 'react';
import type { ButtonLook } from './button.tsx';
import { buttonClass } from './button-class.ts';
import { Kbd } from './kbd.tsx';

export type ButtonLinkProps = ComponentProps<typeof Link> & ButtonLook;

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
