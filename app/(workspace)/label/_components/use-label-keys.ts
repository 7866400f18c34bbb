// The label page's keys: digits are the responses, the rest is the person's map (domain/label-keys.ts). In a text field
// keys write; there Escape leaves, and Ctrl or Cmd with Enter submits.
import { useEffect, useEffectEvent } from 'react';
import { actionOf, type KeyMap, type LabelAction } from '../../../../domain/label-keys.ts';
import { type RankingKey, toRankingKey } from '../../../../domain/ranking.ts';

interface LabelKeys {
  isActive: boolean;
  keys: KeyMap;
  place: (key: Extract<RankingKey, { type: 'place' }>) => void;
  /** Does an action; false where it is not on offer, and the key stays the browser's. */
  act: (action: LabelAction) => boolean;
}

const within = (target: EventTarget | null, selector: string) =>
  target instanceof HTMLElement && target.closest(selector) !== null;

const isTyping = (target: EventTarget | null) =>
  within(target, 'textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])');

/** Enter on a control of its own does what the control does; on a response it submits, as anywhere else. */
const ownsEnter = (target: EventTarget | null) => within(target, 'a, summary, button:not([data-response])');

/** Arrows choose in a group of radio buttons, and scroll in what scrolls. */
const ownsArrows = (target: EventTarget | null) => within(target, 'input, [data-scrolls]');

export function useLabelKeys({ isActive, keys, place, act }: LabelKeys): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (!isActive || event.defaultPrevented) return;
    if (isTyping(event.target)) return leaveField(event);
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = toRankingKey(event);
    // A key held down presses once: nobody means to submit twenty tasks.
    if (digit?.type === 'place') {
      event.preventDefault();
      if (!event.repeat) place(digit);
      return;
    }
    if (event.key === 'Enter' && ownsEnter(event.target)) return;
    if (event.key.startsWith('Arrow') && ownsArrows(event.target)) return;
    const action = actionOf(event, keys);
    if (action && (event.repeat || act(action))) event.preventDefault();
  });

  function leaveField(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const isSubmit = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    if (!isSubmit && event.key !== 'Escape') return;
    event.preventDefault();
    if (event.target instanceof HTMLElement) event.target.blur();
    if (isSubmit && !event.repeat) act('submit');
  }

  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
