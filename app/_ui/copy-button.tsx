'use client';
import { Check, Copy } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Button, type ButtonProps } from './button.tsx';
import { toast } from './toast.ts';

interface CopyButtonProps {
  text: string;
  label: string;
  variant?: ButtonProps['variant'];
}

/** Copies `text`, and says that it has. */
export function CopyButton({ text, label, variant }: CopyButtonProps) {
  const t = useTranslations('common');
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // A page that came over plain http from another machine has no clipboard.
      toast.error(t('copyFailed'));
    }
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <Button size="sm" variant={variant} onClick={() => void copy()}>
      <Icon aria-hidden className="size-4" />
      <span aria-live="polite">{isCopied ? t('copied') : label}</span>
    </Button>
  );
}
