'use client';
// What is wider than its column scrolls by itself, and takes the focus only then: the arrow keys must reach what it
// hides, and a box that hides nothing is no place to stop at.
import { type ReactNode, useEffect, useRef, useState } from 'react';

interface ScrollerProps {
  label: string;
  children: ReactNode;
  className?: string;
}

export function Scroller({ label, children, className }: ScrollerProps) {
  const box = useRef<HTMLSpanElement>(null);
  const [isScrolling, setScrolling] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setScrolling(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    // A span, since a formula on lines of its own may stand in a paragraph.
    <span
      ref={box}
      className={`block overflow-x-auto overflow-y-hidden [contain:inline-size] ${className ?? ''}`}
      {...(isScrolling ? { role: 'group', 'aria-label': label, tabIndex: 0 } : {})}
    >
      {children}
    </span>
  );
}
