'use client';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Card } from '../../../../../_ui/page.tsx';

/** What the diagnostics of the training found, each with its numbers and the usual remedy; nothing where all is well. */
export function RoundWarnings({ roundId }: { roundId: string }) {
  const t = useTranslations('round.warnings');
  const trpc = useTRPC();
  const { data: warnings = [] } = useQuery(trpc.rounds.warnings.queryOptions({ roundId }));
  if (warnings.length === 0) return null;
  return (
    <section aria-label={t('title')}>
      <Card>
        <h2 className="font-semibold text-base">{t('title')}</h2>
        <p className="mb-4 text-muted">{t('text')}</p>
        <ul className="flex flex-col divide-y divide-line">
          {warnings.map((warning) => (
            <Warning key={warning.kind} warning={warning} />
          ))}
        </ul>
      </Card>
    </section>
  );
}

function Warning({ warning }: { warning: Outputs['rounds']['warnings'][number] }) {
  const t = useTranslations('round.warnings');
  const { kind, step, figures, examples } = warning;
  return (
    <li className="flex gap-3 py-3 first:pt-0 last:pb-0">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
      <div className="min-w-0 max-w-[80ch]">
        <p className="font-medium">
          {t(`kinds.${kind}.found`, figures)}{' '}
          <span className="numeric font-normal text-[13px] text-faint">
            {step === 0 ? t('before') : t('step', { step })}
          </span>
        </p>
        <p className="text-muted">{t(`kinds.${kind}.remedy`)}</p>
        {examples.length > 0 && (
          <details className="mt-2">
            <summary className="cursor-pointer rounded-control font-medium text-accent-text">
              {t('examples', { count: examples.length })}
            </summary>
            <ul className="mt-2 flex flex-col gap-3">
              {examples.map((example) => (
                <Example key={`${example.prompt} ${example.chosen} ${example.rejected}`} example={example} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}

function Example({ example }: { example: Outputs['rounds']['warnings'][number]['examples'][number] }) {
  const t = useTranslations('round.warnings');
  const format = useFormatter();
  return (
    <li className="rounded-control bg-sunken p-3 text-[13px]">
      <p dir="auto" className="whitespace-pre-wrap break-words">
        {example.prompt}
      </p>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        {(['chosen', 'rejected'] as const).map((side) => (
          <div key={side} className="contents">
            <dt className="text-faint">{t(side)}</dt>
            <dd dir="auto" className="whitespace-pre-wrap break-words">
              {example[side]}
            </dd>
          </div>
        ))}
        {example.value !== 0 && (
          <div className="contents">
            <dt className="text-faint">{t('value')}</dt>
            <dd className="numeric">{format.number(example.value, { maximumFractionDigits: 2 })}</dd>
          </div>
        )}
      </dl>
    </li>
  );
}
