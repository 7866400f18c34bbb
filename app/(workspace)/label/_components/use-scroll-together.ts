// Columns that scroll as one: each shows the same share of its text, however long it is.
import { type RefObject, useEffect } from 'react';

export function useScrollTogether(list: RefObject<HTMLElement | null>, isOn: boolean): void {
  useEffect(() => {
    const element = list.current;
    if (!element || !isOn) return;
    let leader: Element | null = null;
    let release: ReturnType<typeof setTimeout> | undefined;
    const onScroll = ({ target }: Event) => {
      if (!(target instanceof Element) || !target.matches('[data-column]')) return;
      // Those that follow scroll too, and must not lead.
      if (leader && leader !== target) return;
      leader = target;
      clearTimeout(release);
      release = setTimeout(() => {
        leader = null;
      }, 120);
      const share = target.scrollTop / Math.max(1, target.scrollHeight - target.clientHeight);
      for (const column of element.querySelectorAll('[data-column]')) {
        if (column !== target) column.scrollTop = share * (column.scrollHeight - column.clientHeight);
      }
    };
    element.addEventListener('scroll', onScroll, { capture: true, passive: true });
    return () => {
      clearTimeout(release);
      element.removeEventListener('scroll', onScroll, { capture: true });
    };
  }, [list, isOn]);
}
