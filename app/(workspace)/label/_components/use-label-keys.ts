// The label page's keys. Digits go by their place on the keyboard (domain/ranking.ts); letters by what they write,
// or by their place where the layout writes no Latin letters.
import { useEffect, useEffectEvent } from 'react';
import { type RankingKey, toRankingKey } from '../../../../domain/ranking.ts';

interface LabelKeys {
  isActive: boolean;
  rank: (key: RankingKey) => void;
  submit: () => void;
  undo: () => void;
  skip: () => void;
  tie: () => void;
  help: () => void;
}

function letterOf(event: KeyboardEvent): string {
  if (event.key.length === 1 && event.key.charCodeAt(0) < 128) return event.key.toLowerCase();
  return event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Enter on a control of its own does what the control does; on a response it submits, as anywhere else. */
function ownsEnter(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button:not([data-response])') !== null;
}

export function useLabelKeys(keys: LabelKeys): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (!keys.isActive || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const rankingKey = toRankingKey(event);
    const actions: Record<string, (() => void) | undefined> = {
      Enter: ownsEnter(event.target) ? undefined : keys.submit,
      z: keys.undo,
      s: keys.skip,
      '=': keys.tie,
      '?': keys.help,
    };
    const action = rankingKey ? () => keys.rank(rankingKey) : (actions[event.key] ?? actions[letterOf(event)]);
    if (!action) return;
    event.preventDefault();
    // A key held down presses once: nobody means to submit twenty tasks.
    if (!event.repeat) action();
  });

  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
