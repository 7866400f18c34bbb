'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { ModelFacts } from '../../../../../domain/models.ts';
import { useBytes } from './use-bytes.ts';

/** What was recognised in a model's files. */
export function ModelFactsList({ facts }: { facts: ModelFacts }) {
  const t = useTranslations('models.facts');
  const format = useFormatter();
  const bytes = useBytes();
  const rows = [
    ['architecture', facts.architecture.replace(/ForCausalLM$/, '')],
    ['parameters', format.number(facts.parameters, { notation: 'compact', maximumSignificantDigits: 3 })],
    ['stored', t('storedAs', { dtypes: facts.dtypes.join(', '), size: bytes(facts.weightBytes) })],
    ['context', t('tokens', { count: facts.contextLength })],
    ['template', t(facts.hasChatTemplate ? 'hasTemplate' : 'noTemplate')],
  ] as const;
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
      {rows.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="text-faint">{t(key)}</dt>
          <dd className="numeric break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
