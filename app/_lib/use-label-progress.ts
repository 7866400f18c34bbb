'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '../_trpc/context.ts';
import { useWorkspace } from './workspace.tsx';

/** How much is ranked and open; "today" begins at this browser's midnight. */
export function useLabelProgress() {
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const [since] = useState(() => new Date(new Date().setHours(0, 0, 0, 0)));
  return useQuery(trpc.label.progress.queryOptions({ projectId: project.id, since }));
}
