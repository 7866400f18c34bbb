'use client';
import { ErrorState } from '../_ui/state.tsx';

export default function WorkspaceError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="mx-auto max-w-xl px-4 py-24">
      <ErrorState error={error} onRetry={reset} />
    </main>
  );
}
