// A small seeded generator (mulberry32): the same seed gives the same demo on every machine.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** In [0, bound). */
  integer(bound: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A new list in random order. */
  shuffled<T>(list: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (bound: number) => Math.floor(next() * bound);
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('Nothing to pick from: the list is empty.');
    return list[integer(list.length)] as T;
  };
  const shuffled = <T>(list: readonly T[]): T[] => {
    const rest = [...list];
    return list.map(() => {
      const index = integer(rest.length);
      const picked = rest[index] as T;
      const last = rest.pop() as T;
      if (index < rest.length) rest[index] = last;
      return picked;
    });
  };
  return { next, integer, chance: (probability) => next() < probability, pick, shuffled };
}

/** A 32-bit hash of a text (FNV-1a, then murmur3's finaliser so that close texts land far apart). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
