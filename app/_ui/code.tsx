import { cx } from './cx.ts';

/** A box that scrolls must take the focus, or the arrow keys cannot reach what it hides. */
const reachableByKeyboard = { tabIndex: 0 };

/** Code or data as it stands, from left to right in every language, scrolling in its own box. */
export function Code({ label, text, className }: { label: string; text: string; className?: string }) {
  return (
    <section
      aria-label={label}
      {...reachableByKeyboard}
      className={cx('overflow-x-auto rounded-card border border-line bg-surface p-4', className)}
    >
      <pre dir="ltr" className="font-mono text-[13px]">
        {text}
      </pre>
    </section>
  );
}
