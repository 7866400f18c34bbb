'use client';
import { type QueryKey, useQuery } from '@tanstack/react-query';
import type { MetricRow } from '../_ui/metric-rows.ts';

/** A training's metric rows. Each refetch asks only for the steps after the last one that is here. */
export function useMetricRows<R extends MetricRow>(
  queryKey: QueryKey,
  fetchAfter: (afterStep: number | undefined) => Promise<R[]>,
): R[] {
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ client }): Promise<R[]> => {
      const known = client.getQueryData<R[]>(queryKey) ?? [];
      const added = await fetchAfter(known.at(-1)?.step);
      return added.length > 0 ? [...known, ...added] : known;
    },
  });
  return data ?? [];
}
