'use client';
// How much is ranked and open; "today" begins at this browser's midnight. The page's own rankings count at once; the
// server is asked at most twice a minute, since each of many people's rankings is everybody's event.
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

  /** Counts what the server has taken since it was asked. */
  const count = useCallback(
    (done: Done) => {
      // An answer on its way may be from before or after: ask again.
      if (queryClient.isFetching({ queryKey })) return void queryClient.invalidateQueries({ queryKey });
      // The time of the last answer stays, so that the server is asked as soon as without.
      const updatedAt = queryClient.getQueryState(queryKey)?.dataUpdatedAt;
      queryClient.setQueryData(queryKey, (now) => now && withDone(now, done), { updatedAt });
    },
    [queryClient, queryKey],
  );
  return { ...query, count };
}

/** What one person did. */
export interface Done {
  rankings: number;
  activeMs: number;
}

export function withDone(progress: LabelProgress, { rankings, activeMs }: Done): LabelProgress {
  return {
    ...progress,
    mineToday: Math.max(0, progress.mineToday + rankings),
    mine: Math.max(0, progress.mine + rankings),
    activeMsToday: progress.activeMsToday + activeMs,
  };
}
