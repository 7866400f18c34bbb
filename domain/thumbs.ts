// What several people's thumbs come to.
import type { Thumbs } from './annotation.ts';

/** By response id, whether it is up; a response on which people are even is not there. A last word stands alone. */
export function majorityThumbs(said: readonly { isLastWord: boolean; thumbs: Thumbs }[]): Map<string, boolean> {
  const last = said.filter(({ isLastWord }) => isLastWord);
  const balance = new Map<string, number>();
  for (const { thumbs } of last.length > 0 ? last : said) {
    for (const [id, thumb] of Object.entries(thumbs)) {
      balance.set(id, (balance.get(id) ?? 0) + (thumb === 'up' ? 1 : -1));
    }
  }
  return new Map([...balance].flatMap(([id, votes]) => (votes === 0 ? [] : [[id, votes > 0]])));
}
