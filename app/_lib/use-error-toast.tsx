'use client';
import { useCallback } from 'react';
import { toast } from '../_ui/toast.ts';
import { useErrorWords } from './use-error-words.ts';

/** For a mutation's `onError`: what went wrong, as a short notice. */
export function useErrorToast(): (error: { message: string }) => void {
  const wordsOf = useErrorWords();
  return useCallback(
    (error) => {
      const { text, ...language } = wordsOf(error);
      toast.error(<span {...language}>{text}</span>);
    },
    [wordsOf],
  );
}
