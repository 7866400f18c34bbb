import type { Outputs } from '../../../../../_trpc/context.ts';

export type ReviewTask = Outputs['review']['get'];
export type Annotation = ReviewTask['annotations'][number];

/** Tiers of response ids as the numbers that the page shows, from 1. */
export function toNumbers(task: Pick<ReviewTask, 'responses'>, tiers: readonly (readonly string[])[]): number[][] {
  return tiers.map((tier) => tier.map((id) => numberOf(task, id)));
}

export function numberOf({ responses }: Pick<ReviewTask, 'responses'>, id: string): number {
  return responses.findIndex((response) => response.id === id) + 1;
}

/** `2 › 1 = 3`: best first. */
export function orderOf(task: Pick<ReviewTask, 'responses'>, tiers: readonly (readonly string[])[]): string {
  return toNumbers(task, tiers)
    .map((tier) => tier.join(' = '))
    .join(' › ');
}
