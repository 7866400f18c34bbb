'use client';
// How much is ranked and open; "today" begins at this browser's midnight. One's own rankings count at once; the server is
// asked at most twice a minute, since each of many people's rankings is everybody's event.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { type Outputs, useTRPC } from '../_trpc/context.ts';
import { onChange } from './changes.ts';
import { useWorkspace } from './workspace.tsx';

type LabelProgress = Outputs['label']['progress'];

const askAtMostEveryMs = 30_000;

export function useLabelProgress() {
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [since] = useState(() => new Date(new Date().setHours(0, 0, 0, 0)));
  const options = trpc.label.progress.queryOptions({ projectId: project.id, since });
  const { queryKey } = options;
  const query = useQuery({ ...options, staleTime: askAtMostEveryMs });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const askSoon = () => {
      const asked = queryClient.getQueryState(queryKey)?.dataUpdatedAt ?? 0;
      const wait = Math.max(0, asked + askAtMostEveryMs - Date.now());
      timer ??= setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey });
      }, wait);
    };
    const stops = [onChange('task', askSoon), onChange('sync', askSoon)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [queryClient, queryKey]);

  /** Counts what this person did before the server is asked again. */
  const count = useCallback(
    ({ rankings, activeMs }: { rankings: number; activeMs: number }) => {
      // The time of the last answer stays, so that the server is asked as soon as without.
      const updatedAt = queryClient.getQueryState(queryKey)?.dataUpdatedAt;
      queryClient.setQueryData(queryKey, (now) => now && counted(now, rankings, activeMs), { updatedAt });
    },
    [queryClient, queryKey],
  );
  return { ...query, count };
}

function counted(now: LabelProgress, rankings: number, activeMs: number): LabelProgress {
  return {
    ...now,
    mineToday: Math.max(0, now.mineToday + rankings),
    mine: Math.max(0, now.mine + rankings),
    activeMsToday: now.activeMsToday + activeMs,
  };
}
