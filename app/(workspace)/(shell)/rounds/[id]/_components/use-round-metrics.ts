'use client';
import { useMetricRows } from '../../../../../_lib/use-metric-rows.ts';
import { type Outputs, useTRPC, useTRPCClient } from '../../../../../_trpc/context.ts';

export type Metrics = Outputs['rounds']['metrics'];

export function useRoundMetrics(roundId: string): Metrics {
  const trpc = useTRPC();
  const client = useTRPCClient();
  return useMetricRows<Metrics[number]>(trpc.rounds.metrics.queryKey({ roundId }), (afterStep) =>
    client.rounds.metrics.query({ roundId, ...(afterStep === undefined ? {} : { afterStep }) }),
  );
}
