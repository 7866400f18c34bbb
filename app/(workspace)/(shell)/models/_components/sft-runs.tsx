'use client';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { SftBadge } from './sft-badge.tsx';

/** What has been fine-tuned here, the newest first: each leads to its page. */
export function SftRuns({ runs }: { runs: Outputs['sft']['list'] }) {
  const t = useTranslations('models.sft.list');
  const format = useFormatter();
  return (
    <section className="mt-8">
      <h2 className="mb-3 font-semibold text-base">{t('title')}</h2>
      <Table label={t('title')}>
        <thead>
          <tr>
            <HeaderCell>{t('name')}</HeaderCell>
            <HeaderCell>{t('state')}</HeaderCell>
            <HeaderCell>{t('model')}</HeaderCell>
            <HeaderCell className="text-end max-sm:hidden">{t('examples')}</HeaderCell>
            <HeaderCell className="max-sm:hidden">{t('started')}</HeaderCell>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id} className="relative hover:bg-sunken">
              <Cell className="break-all font-medium">
                <Link href={`/models/sft/${run.id}`} className="after:absolute after:inset-0">
                  {run.name}
                </Link>
              </Cell>
              <Cell>
                <SftBadge status={run.status} />
              </Cell>
              <Cell className="break-all text-muted">{run.modelName}</Cell>
              <Cell className="numeric text-end max-sm:hidden">{format.number(run.exampleCount)}</Cell>
              <Cell className="whitespace-nowrap text-muted max-sm:hidden">
                {format.dateTime(run.createdAt, { dateStyle: 'medium', timeStyle: 'short' })}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
