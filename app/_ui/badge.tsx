// A small word about a thing's state. The word says it; the colour and the icon only help.
import { Ban, Check, CircleAlert, LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';

export type Tone = 'neutral' | 'accent' | 'success' | 'warn' | 'danger' | 'running';

const tones: Record<Tone, { look: string; icon: LucideIcon | null }> = {
  neutral: { look: 'bg-sunken text-muted', icon: null },
  accent: { look: 'bg-accent-soft text-accent-text', icon: null },
  success: { look: 'bg-success-soft text-success', icon: Check },
  warn: { look: 'bg-warn-soft text-warn', icon: CircleAlert },
  danger: { look: 'bg-danger-soft text-danger', icon: Ban },
  running: { look: 'bg-accent-soft text-accent-text', icon: LoaderCircle },
};

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  const { look, icon: Icon } = tones[tone];
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center gap-1 whitespace-nowrap rounded-full px-2 font-medium text-xs leading-none',
        look,
      )}
    >
      {Icon && <Icon aria-hidden className={cx('size-3', tone === 'running' && 'animate-spin')} />}
      {children}
    </span>
  );
}
