'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { RunWarnings } from '../../../../../_ui/run-warnings.tsx';

export function RoundWarnings({ roundId }: { roundId: string }) {
  const t = useTranslations('round.warnings');
  const trpc = useTRPC();
  const { data: warnings = [] } = useQuery(trpc.rounds.warnings.queryOptions({ roundId }));
  return (
    <RunWarnings
      text={t('text')}
      warnings={warnings}
      found={({ kind, figures }) => t(`kinds.${kind}.found`, figures)}
      remedy={({ kind }) => t(`kinds.${kind}.remedy`)}
    />
  );
}
