// One entry of a table that is never empty.
import type { Random } from '../domain/random.ts';

export function pickOne<T>(list: readonly T[], random: Random): T {
  if (list.length === 0) throw new RangeError('There is nothing to pick: a table of the demo is empty.');
  return list[Math.floor(random() * list.length)] as T;
}
