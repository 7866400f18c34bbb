'use client';
// A column that scrolls by itself on a wide screen. It takes the focus only when it hides something, so that the arrow
// keys reach what it hides.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { cx } from '../../../_ui/cx.ts';

interface ScrollBoxProps {
  isOn: boolean;
  label: string;
  className?: string;
  children: ReactNode;
}

export function ScrollBox({ isOn, label, className, children }: ScrollBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  const [hides, setHides] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || !isOn) return setHides(false);
    const observer = new ResizeObserver(() => setHides(element.scrollHeight > element.clientHeight + 1));
    observer.observe(element);
    return () => observer.disconnect();
  }, [isOn]);
  return (
    <div
      ref={box}
      data-column={isOn || undefined}
      className={cx(isOn && 'lg:max-h-[max(20rem,calc(100dvh-19rem))] lg:overflow-y-auto', className)}
      {...(hides ? { 'data-scrolls': true, role: 'group', 'aria-label': label, tabIndex: 0 } : {})}
    >
      {children}
    </div>
  );
}
