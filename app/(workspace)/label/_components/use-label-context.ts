// What the page knows beside its tasks: the project's settings, its guidelines, the test, whether it is paused. There from
// the first paint; looked up anew now and then, since an admin may change it while people rank.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTRPC, useTRPCClient } from '../../../_trpc/context.ts';
import type { Context, Onboarding } from './task.ts';

const freshForMs = 60_000;
const lookEveryMs = 3 * 60_000;

export function useLabelContext(projectId: string, initial: Context) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const options = trpc.label.context.queryOptions({ projectId });
  const { data } = useQuery({ ...options, initialData: initial, staleTime: freshForMs, refetchInterval: lookEveryMs });
  const { queryKey } = options;

  /** Said at once, and to the server behind it; where that fails, the next look asks again. */
  const markRead = useCallback(
    (guidelineId: string) => {
      queryClient.setQueryData(queryKey, (now) =>
        now?.guideline?.id === guidelineId ? { ...now, guideline: { ...now.guideline, isRead: true } } : now,
      );
      client.label.readGuideline.mutate({ projectId, guidelineId }).catch(() => {});
    },
    [queryClient, queryKey, client, projectId],
  );

  const setOnboarding = useCallback(
    (onboarding: Onboarding) => queryClient.setQueryData(queryKey, (now) => (now ? { ...now, onboarding } : now)),
    [queryClient, queryKey],
  );

  const refetch = useCallback(() => void queryClient.invalidateQueries({ queryKey }), [queryClient, queryKey]);
  return { context: data, markRead, setOnboarding, refetch };
}
