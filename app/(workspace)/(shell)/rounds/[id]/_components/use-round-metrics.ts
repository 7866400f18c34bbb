import { useQuery } from '@tanstack/react-query';
import { type Outputs, useTRPC, useTRPCClient } from '../../../../../_trpc/context.ts';

export type Metrics = Outputs['rounds']['metrics'];

/** A round's metric rows. Each refetch asks only for the steps after the last one that is here. */
export function useRoundMetrics(roundId: string): Metrics {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const options = trpc.rounds.metrics.queryOptions({ roundId });
  const { data } = useQuery({
    queryKey: options.queryKey,
    queryFn: async ({ client: queryClient }): Promise<Metrics> => {
      const known = queryClient.getQueryData(options.queryKey) ?? [];
      const afterStep = known.at(-1)?.step;
      const added = await client.rounds.metrics.query({ roundId, ...(afterStep === undefined ? {} : { afterStep }) });
      return added.length > 0 ? [...known, ...added] : known;
    },
  });
  return data ?? [];
}
