'use client';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';

interface Work {
  done: number;
  total: number;
  startedAt: Date | null;
}

/** How long work still takes at the pace it has had so far; null until that means something. */
export function useTimeLeft({ done, total, startedAt }: Work): string | null {
  const t = useTranslations('jobs.left');
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!startedAt || done === 0 || total <= done) return null;
  const elapsed = now - startedAt.getTime();
  if (elapsed < 2000) return null;
  const seconds = ((elapsed / done) * (total - done)) / 1000;
  return seconds < 60
    ? t('seconds', { count: Math.max(1, Math.round(seconds)) })
    : t('minutes', { count: Math.round(seconds / 60) });
}
