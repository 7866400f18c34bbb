'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { chartedMetrics, downsample } from './charted-metrics.ts';
import type { Metrics } from './use-round-metrics.ts';

/** The charts' figures as a table: for screen readers, and for whoever wants the number. */
export function MetricsTable({ metrics }: { metrics: Metrics }) {
  const t = useTranslations('round.metrics');
  const format = useFormatter();
  return (
    <details className="mt-4">
      <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('asTable')}</summary>
      <div className="mt-3 max-h-96 overflow-y-auto">
        <Table label={t('asTable')}>
          <thead>
            <tr>
              <HeaderCell className="text-right">{t('stepHeader')}</HeaderCell>
              {chartedMetrics.map(({ key }) => (
                <HeaderCell key={key} className="text-right">
                  {t(`${key}.label`)}
                </HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {downsample(metrics).map((row) => (
              <Row key={row.step}>
                <Cell className="numeric h-8 py-1 text-right">{row.step}</Cell>
                {chartedMetrics.map(({ key, name }) => {
                  const value = row.values[name];
                  return (
                    <Cell key={key} className="numeric h-8 py-1 text-right">
                      {value === undefined ? '–' : format.number(value, { maximumFractionDigits: 4 })}
                    </Cell>
                  );
                })}
              </Row>
            ))}
          </tbody>
        </Table>
      </div>
    </details>
  );
}
