'use client';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Progress } from './progress.tsx';

interface RunProgressProps {
  label: string;
  /** What is known of how far it is, the unknown left out. */
  words: (string | false | null | undefined)[];
  done: number;
  total: number;
  isWaiting: boolean;
  cancel: ReactNode;
  isStopping: boolean;
  onCancel: () => void;
}

/** How far a training is, what it still takes, and the way to stop it. */
export function RunProgress({ label, words, done, total, isWaiting, cancel, isStopping, onCancel }: RunProgressProps) {
  return (
    <section aria-label={label} className="rounded-card border border-accent bg-surface p-4 ring-1 ring-accent sm:p-5">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <div className="min-w-0">
          <p className="font-semibold">{label}</p>
          <p className="numeric break-words text-[13px] text-muted">{words.filter(Boolean).join(' · ')}</p>
        </div>
        <Button variant="danger" onClick={onCancel} disabled={isStopping}>
          {cancel}
        </Button>
      </div>
      <Progress label={label} value={done} max={Math.max(1, total)} indeterminate={isWaiting} />
    </section>
  );
}
