'use client';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Dialog } from '../../../_ui/dialog.tsx';

/** The places on a small screen, at the thumb's end of it. */
export function MenuDialog({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const t = useTranslations('nav');
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('menu')}>
      <div className="flex flex-col gap-4">{children}</div>
    </Dialog>
  );
}
