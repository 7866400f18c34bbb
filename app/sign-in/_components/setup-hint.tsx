'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useTRPC } from '../../_trpc/context.ts';

/** Before the first account exists, signing in cannot work: says where the set-up address is. */
export function SetupHint() {
  const t = useTranslations('signIn');
  const trpc = useTRPC();
  const { data } = useQuery(trpc.setup.status.queryOptions());
  if (!data?.needsAdmin) return null;
  return (
    <p role="status" className="mt-6 rounded-card bg-warn-soft p-3 text-warn">
      {t('needsAdmin')}
    </p>
  );
}
