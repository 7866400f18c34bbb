// How far long work is: a thin bar with its name, for eyes and for screen readers.
import { cx } from './cx.ts';

interface ProgressProps {
  label: string;
  value: number;
  max: number;
  /** Nothing is known yet: the bar breathes instead of pretending. */
  indeterminate?: boolean;
  thin?: boolean;
  className?: string;
}

export function Progress({ label, value, max, indeterminate = false, thin = false, className }: ProgressProps) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={indeterminate ? undefined : value}
      className={cx('w-full overflow-hidden bg-line', thin ? 'h-1' : 'h-2 rounded-full', className)}
    >
      <div
        className={cx('h-full bg-accent transition-[width]', indeterminate && 'animate-pulse-soft')}
        style={{ width: `${indeterminate ? 100 : share * 100}%` }}
      />
    </div>
  );
}
