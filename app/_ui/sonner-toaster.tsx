'use client';
import { useTranslations } from 'next-intl';
import { useTheme } from 'next-themes';
import { useEffect } from 'react';
import { Toaster as Sonner, toast } from 'sonner';
import { showThrough } from './toast.ts';

export interface ToasterProps {
  dir: 'ltr' | 'rtl';
}

/** Short notices, out of the way of what is being read. */
export function SonnerToaster({ dir }: ToasterProps) {
  const t = useTranslations('common');
  const { resolvedTheme } = useTheme();
  // After Sonner's own effect, from which on it listens.
  useEffect(() => showThrough(toast), []);
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      dir={dir}
      containerAriaLabel={t('notices')}
      position="top-center"
      duration={4000}
      toastOptions={{
        style: {
          background: 'var(--surface)',
          color: 'var(--ink)',
          border: '1px solid var(--line)',
          fontFamily: 'var(--font-sans)',
        },
      }}
    />
  );
}
