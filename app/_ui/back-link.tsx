import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { ButtonLink } from './button-link.tsx';

export function BackLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <ButtonLink href={href} variant="ghost" size="sm">
      <ArrowLeft aria-hidden className="size-4 rtl:-scale-x-100" />
      {children}
    </ButtonLink>
  );
}
