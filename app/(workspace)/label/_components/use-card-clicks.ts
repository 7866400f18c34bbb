// A click anywhere on a card ranks it, as a tap does on a phone: but not on a link, a button or a control in it, and not
// when it ends the selection of some text.
import { type RefObject, useEffect, useEffectEvent } from 'react';

const ownClicks = 'a, button, input, label, select, textarea, summary, details, [data-own-click]';

export function useCardClicks(
  list: RefObject<HTMLElement | null>,
  place: (index: number, tied: boolean) => void,
): void {
  const onPlace = useEffectEvent(place);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const onClick = (event: MouseEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const card = target?.closest<HTMLElement>('[data-card]');
      if (!target || !card || target.closest(ownClicks)) return;
      const selection = window.getSelection();
      if (selection && !selection.isCollapsed && !event.shiftKey) return;
      onPlace(Number(card.dataset.card) - 1, event.shiftKey);
    };
    element.addEventListener('click', onClick);
    return () => element.removeEventListener('click', onClick);
  }, [list]);
}
