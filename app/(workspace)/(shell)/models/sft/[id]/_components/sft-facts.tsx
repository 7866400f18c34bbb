'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../../_trpc/context.ts';
import { Facts } from '../../../../../../_ui/facts.tsx';

export function SftFacts({ detail: { run, startedBy } }: { detail: Outputs['sft']['get'] }) {
  const t = useTranslations('sft.facts');
  const format = useFormatter();
  const { config } = run;
  const time = (at: Date | null) => at && format.dateTime(at, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Facts
      title={t('title')}
      facts={[
        [t('model'), run.modelName],
        [t('data'), t('dataValue', { count: run.exampleCount, file: run.dataName })],
        [t('hash'), <code key="hash">{run.dataKey.slice(0, 12)}</code>],
        [t('learningRate'), `${config.learning_rate} (${config.lr_scheduler_type})`],
        [t('epochs'), config.num_train_epochs],
        [t('batch'), config.per_device_train_batch_size * config.gradient_accumulation_steps],
        [t('maxLength'), config.max_length],
        [t('heldOut'), config.eval_split ? format.number(config.eval_split, { style: 'percent' }) : null],
        [t('seed'), String(config.seed)],
        [t('startedBy'), startedBy],
        [t('started'), time(run.startedAt ?? run.createdAt)],
        [t('finished'), time(run.finishedAt)],
      ]}
      config={{ label: t('config'), value: config }}
    />
  );
}
