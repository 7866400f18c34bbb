// The frame of a workspace page: its heading, a sentence on what it is for, its actions, then the content.
import type { ReactNode } from 'react';
import { cx } from './cx.ts';

interface PageProps {
  title: ReactNode;
  intro?: ReactNode;
  actions?: ReactNode;
  /** The way back to the list that this page belongs to. */
  back?: ReactNode;
  /** A page of one column of text or form fields is narrower. */
  narrow?: boolean;
  children: ReactNode;
}

export function Page({ title, intro, actions, back, narrow = false, children }: PageProps) {
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-8 sm:py-8">
      {back && <div className="-ms-2 -mt-2 mb-2">{back}</div>}
      <div className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 max-w-[72ch]">
          <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
          {intro && <p className="mt-1 text-muted">{intro}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      <div className={cx(narrow && 'max-w-3xl')}>{children}</div>
    </div>
  );
}

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className={cx('rounded-card border border-line bg-surface p-4 shadow-raised sm:p-5', className)}>
      {children}
    </div>
  );
}

/** A figure with its name, for rows of key numbers. */
export function Figure({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div>
      <dt className="text-[13px] text-faint">{label}</dt>
      <dd className="numeric mt-0.5 font-semibold text-lg tracking-tight">{children}</dd>
      {note && <dd className="text-[13px] text-faint">{note}</dd>}
    </div>
  );
}
