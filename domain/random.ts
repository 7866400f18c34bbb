// Seeded chance for everything that must come out the same twice: shown orders, pair choices, bootstraps.
// Not for secrets. The engine's sampler has a generator of its own.

/** Uniform in [0, 1). */
export type Random = () => number;

/** mulberry32: 32 bits of state, a full period, good enough for shuffles and resampling. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of its own for each key (a prompt, a line, a call), so that no two share their chance. */
export function mixSeed(seed: number, ...keys: readonly (number | string)[]): number {
  // The length goes before each key: ('ab', 'c') and ('a', 'bc') must differ. FNV-1a, then murmur3's finaliser.
  const text = keys.map((key) => `${String(key).length}:${key}`).join('');
  let hash = (0x811c9dc5 ^ (seed >>> 0)) >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A new array in random order (Fisher-Yates: every order equally likely). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const pool = [...items];
  const result: T[] = [];
  while (pool.length > 0) result.push(...pool.splice(Math.floor(random() * pool.length), 1));
  return result;
}

/** One of the items, each equally likely; undefined when there is none. */
export function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random() * items.length)];
}
