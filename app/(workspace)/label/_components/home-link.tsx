'use client';
import { useRouter } from 'next/navigation';
import type { ComponentProps, MouseEvent } from 'react';
import { buttonClass, type Size, type Variant } from '../../../_ui/button-class.ts';

type HomeLinkProps = ComponentProps<'a'> & { variant: Variant; size: Size };

/** The way out, through the router all the same; without the code of next/link, which fetches pages ahead. */
export function HomeLink({ variant, size, className, ...rest }: HomeLinkProps) {
  const router = useRouter();
  function go(event: MouseEvent<HTMLAnchorElement>) {
    // Into another tab or window: the browser's own business.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.push('/');
  }
  return <a href="/" onClick={go} className={buttonClass(variant, size, className)} {...rest} />;
}
