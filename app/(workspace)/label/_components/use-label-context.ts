// What the page knows beside its tasks: the project's settings, its guidelines, the test, whether it is paused. There from
// the first paint; looked up anew when an admin changes something, and now and then in any case.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { onChange } from '../../../_lib/changes.ts';
import { useTRPC, useTRPCClient } from '../../../_trpc/context.ts';
import type { Context, Onboarding } from './task.ts';

const freshForMs = 60_000;
const lookEveryMs = 3 * 60_000;
/** Many people's pages hear of a change at once: they are not to ask at once. */
const spreadMs = 1_500;

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

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChange('project', () => {
      clearTimeout(timer);
      timer = setTimeout(() => void queryClient.invalidateQueries({ queryKey }), Math.random() * spreadMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queryClient, queryKey]);

  return { context: data, markRead, setOnboarding };
}
