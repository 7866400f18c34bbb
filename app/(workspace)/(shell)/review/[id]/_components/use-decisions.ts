'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useErrorToast } from '../../../../../_lib/use-error-toast.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { toast } from '../../../../../_ui/toast.ts';

/** A reviewer's three decisions. Each says that it is done, has what it changed asked for again, and goes on. */
export function useDecisions(onDone: () => void) {
  const t = useTranslations('review.action');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const settled = (done: 'accepted' | 'adjudicated' | 'returned') => ({
    onSuccess: () => {
      toast.success(t(done));
      onDone();
      void queryClient.invalidateQueries(trpc.review.pathFilter());
      void queryClient.invalidateQueries(trpc.pairs.pathFilter());
    },
    onError: toastError,
  });
  return {
    accept: useMutation(trpc.review.accept.mutationOptions(settled('accepted'))),
    adjudicate: useMutation(trpc.review.adjudicate.mutationOptions(settled('adjudicated'))),
    giveBack: useMutation(trpc.review.returnTask.mutationOptions(settled('returned'))),
  };
}
