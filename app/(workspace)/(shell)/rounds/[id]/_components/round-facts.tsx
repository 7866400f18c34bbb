'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { ConditionName } from '../../../../../../domain/conditional.ts';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Facts } from '../../../../../_ui/facts.tsx';

/** What the round was made of: enough to repeat it. */
export function RoundFacts({ detail }: { detail: Outputs['rounds']['get'] }) {
  const t = useTranslations('round.facts');
  const policies = useTranslations('pairPolicies');
  const conditions = useTranslations('conditions');
  const { round, dataset, judge } = detail;
  const { config } = round;
  const conditionNames = (names: readonly ConditionName[]) =>
    names.length > 0 ? names.map((name) => conditions(`${name}.label`)).join(' + ') : null;
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
    [t('minMargin'), dataset?.minMargin],
    [t('conditions'), dataset && conditionNames(dataset.conditions)],
    [t('judge'), judge?.name],
    [t('loss'), config.loss_type.join(' + ')],
    [t('beta'), config.beta],
    [t('learningRate'), `${config.learning_rate} (${config.lr_scheduler_type})`],
    [t('epochs'), config.num_train_epochs],
    [t('batch'), config.per_device_train_batch_size * config.gradient_accumulation_steps],
    [t('lora'), config.lora && t('loraValue', { r: config.lora.r, alpha: config.lora.lora_alpha })],
    [t('seed'), String(config.seed)],
  ];
  return <Facts title={t('title')} facts={facts} config={{ label: t('config'), value: config }} />;
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
