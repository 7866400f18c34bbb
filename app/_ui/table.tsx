// Plain tables: real rows and headers, scrolling sideways in their own box on narrow screens.
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './cx.ts';

/** A box that scrolls must take the focus, or the arrow keys cannot reach what it hides. */
const reachableByKeyboard = { tabIndex: 0 };

export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      {...reachableByKeyboard}
      className="relative overflow-x-auto rounded-card border border-line bg-surface"
    >
      <table className="w-full border-collapse text-start">{children}</table>
    </section>
  );
}

export function HeaderCell({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cx(
        'h-9 whitespace-nowrap border-line border-b px-3 sm:px-4 font-medium text-[13px] text-faint',
        className,
      )}
      {...rest}
    />
  );
}

export function Row({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={cx('border-line border-b last:border-0', className)} {...rest} />;
}

export function Cell({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cx('h-11 px-3 py-2 sm:px-4 align-middle', className)} {...rest} />;
}
