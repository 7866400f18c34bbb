'use client';
import type { ComponentProps, ReactNode } from 'react';
import { Button } from './button.tsx';
import { ErrorState } from './state.tsx';

interface FormEndProps {
  /** What submitting does: its error is shown, and it is not submitted twice. */
  work: { error: ComponentProps<typeof ErrorState>['error'] | null; isPending: boolean };
  submit: ReactNode;
  cancel: ReactNode;
  onCancel: () => void;
}

/** How a dialog's form ends: what went wrong, and the two ways out. */
export function FormEnd({ work, submit, cancel, onCancel }: FormEndProps) {
  return (
    <>
      {work.error && <ErrorState error={work.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{cancel}</Button>
        <Button type="submit" variant="primary" pending={work.isPending}>
          {submit}
        </Button>
      </div>
    </>
  );
}
