// Seeded random numbers, the same on every machine. `uniform` is a pure function of its arguments, so that what a
// row of a batch draws does not depend on its neighbours; `createRandom` is a stream for shuffling and initialising.

/** 32 bits mixed from three words: two rounds of a murmur-style finaliser per word. */
function mix(a: number, b: number, c: number): number {
  let h = 0x9e3779b9;
  for (const word of [a, b, c]) {
    h ^= Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** A uniform in [0, 1) with 53 bits, a function of (seed, stream, counter). */
export function uniform(seed: number, stream: number, counter: number): number {
  const high = mix(seed, stream, counter * 2) >>> 5;
  const low = mix(seed, stream, counter * 2 + 1) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}

export interface Random {
  /** [0, 1) */
  uniform(): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** A new array with the items in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  let counter = 0;
  const next = () => uniform(seed, 0x5eed, counter++);
  return {
    uniform: next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [result[i], result[j]] = [result[j] as (typeof result)[0], result[i] as (typeof result)[0]];
      }
      return result;
    },
  };
}
