'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type Outputs, useTRPC } from '../../../../../../_trpc/context.ts';
import { RunWarnings } from '../../../../../../_ui/run-warnings.tsx';

type Warning = Outputs['sft']['warnings'][number];

/** What examples without a rejected side can be warned of. */
const kinds = ['truncated', 'dropped', 'duplicates'] as const;
type Kind = (typeof kinds)[number];

const isOfSft = (warning: Warning): warning is Warning & { kind: Kind } => kinds.some((kind) => kind === warning.kind);

export function SftWarnings({ sftRunId }: { sftRunId: string }) {
  const t = useTranslations('sft.warnings');
  const trpc = useTRPC();
  const { data: warnings = [] } = useQuery(trpc.sft.warnings.queryOptions({ sftRunId }));
  return (
    <RunWarnings
      text={t('text')}
      warnings={warnings.filter(isOfSft)}
      found={({ kind, figures }) => t(`kinds.${kind}.found`, figures)}
      remedy={({ kind }) => t(`kinds.${kind}.remedy`)}
    />
  );
}
