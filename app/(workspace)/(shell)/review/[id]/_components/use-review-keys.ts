// The review page's keys. Digits go by their place on the keyboard, letters by what they write or by their place where
// the layout writes no Latin letters: both as on the label page.
import { useEffect, useEffectEvent } from 'react';
import { type RankingKey, toRankingKey } from '../../../../../../domain/ranking.ts';

export type ReviewAction = 'accept' | 'return' | 'gold' | 'next' | 'previous' | 'note' | 'clear';

export const reviewKeys: { [A in ReviewAction]: string } = {
  accept: 'a',
  return: 'r',
  gold: 'g',
  next: 'j',
  previous: 'k',
  note: 'n',
  clear: 'Escape',
};

function keyOf({ key, code }: KeyboardEvent): string {
  if (key.length === 1 && key.charCodeAt(0) > 127 && code.startsWith('Key')) return code.slice(3).toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

interface ReviewKeys {
  isActive: boolean;
  rank?: (key: RankingKey) => void;
  actions: Partial<{ [A in ReviewAction]: () => void }>;
}

export function useReviewKeys({ isActive, rank, actions }: ReviewKeys): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (!isActive || event.repeat || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = rank ? toRankingKey(event) : null;
    const name = (Object.keys(reviewKeys) as ReviewAction[]).find((action) => reviewKeys[action] === keyOf(event));
    const action = key ? () => rank?.(key) : name && actions[name];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
