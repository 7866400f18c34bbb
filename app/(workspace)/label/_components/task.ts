import type { Outputs } from '../../../_trpc/context.ts';

/** A prompt with its responses, leased to this person, in the order in which they see them. */
export type Task = Outputs['label']['next']['tasks'][number];

/** Response ids by tier, from places in the shown order. */
export function toResponseTiers(task: Task, tiers: readonly (readonly number[])[]): string[][] {
  return tiers.map((tier) => tier.flatMap((index) => task.responses[index]?.id ?? []));
}

/** The way back: places in the shown order, for showing a ranking that was submitted. */
export function toShownTiers(task: Task, tiers: readonly (readonly string[])[]): number[][] {
  return tiers.map((tier) => tier.map((id) => task.responses.findIndex((response) => response.id === id)));
}
