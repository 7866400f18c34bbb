// Criteria that a project rates by: the usual ones, and keys for its own. A key never changes: rankings are stored by it.
import type { Criterion } from './label-settings.ts';

export const presetCriteria = ['helpful', 'harmless', 'honest'] as const;
export type PresetCriterion = (typeof presetCriteria)[number];

/** `Fits our tone` is `fits-our-tone`; a name without Latin letters is a number's. Never one that is taken. */
export function criterionKey(name: string, taken: readonly Pick<Criterion, 'key'>[]): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 36)
    .replace(/-+$/, '');
  const plain = slug || 'criterion';
  const keys = new Set(taken.map(({ key }) => key));
  for (let number = 1; ; number++) {
    const key = number === 1 ? plain : `${plain}-${number}`;
    if (!keys.has(key)) return key;
  }
}

/** The list with one criterion a place further up (-1) or down (1); as it is where there is no such place. */
export function moved<T>(list: readonly T[], index: number, by: -1 | 1): T[] {
  const copy = [...list];
  const [one, other] = [copy[index], copy[index + by]];
  if (one === undefined || other === undefined) return copy;
  copy[index] = other;
  copy[index + by] = one;
  return copy;
}
