'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Code } from '../../../../../_ui/code.tsx';
import { Card } from '../../../../../_ui/page.tsx';

/** What the round was made of: enough to repeat it. */
export function RoundFacts({ detail }: { detail: Outputs['rounds']['get'] }) {
  const t = useTranslations('round.facts');
  const policies = useTranslations('pairPolicies');
  const { round, dataset, judge } = detail;
  const { config } = round;
  const facts: [string, ReactNode][] = [
    [t('init'), detail.policies.init?.name],
    [t('reference'), detail.policies.reference?.name],
    [
      t('dataset'),
      dataset && (
        <Link
          href={`/export?version=${dataset.id}`}
          className="rounded-control text-accent-text underline-offset-4 hover:underline"
        >
          {t('datasetValue', { count: dataset.pairCount, hash: dataset.contentHash.slice(0, 12) })}
        </Link>
      ),
    ],
    [t('pairPolicy'), pairPolicyLabel(dataset?.pairPolicy, policies)],
    [t('judge'), judge?.name],
    [t('loss'), config.loss_type.join(' + ')],
    [t('beta'), config.beta],
    [t('learningRate'), `${config.learning_rate} (${config.lr_scheduler_type})`],
    [t('epochs'), config.num_train_epochs],
    [t('batch'), config.per_device_train_batch_size * config.gradient_accumulation_steps],
    [t('lora'), config.lora && t('loraValue', { r: config.lora.r, alpha: config.lora.lora_alpha })],
    [t('seed'), String(config.seed)],
  ];
  return (
    <Card>
      <h2 className="mb-4 font-semibold text-base">{t('title')}</h2>
      <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-2 xl:grid-cols-3">
        {facts.map(([label, value]) => (
          <div key={label} className="flex justify-between gap-4 border-line border-b pb-2">
            <dt className="text-faint">{label}</dt>
            <dd className="numeric text-right font-medium">{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
      <details className="mt-4">
        <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('config')}</summary>
        <Code label={t('config')} text={JSON.stringify(config, null, 2)} className="mt-3" />
      </details>
    </Card>
  );
}

function pairPolicyLabel(
  name: string | undefined,
  t: ReturnType<typeof useTranslations<'pairPolicies'>>,
): string | undefined {
  switch (name) {
    case 'best-worst':
    case 'best-second':
    case 'best-random':
    case 'adjacent':
    case 'all':
      return t(`${name}.label`);
    default:
      return name;
  }
}
