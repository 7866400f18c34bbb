'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { downsample, type MetricRow } from './metric-rows.ts';
import { Cell, HeaderCell, Row, Table } from './table.tsx';

interface MetricsTableProps {
  metrics: MetricRow[];
  /** TRL's name of each metric, and ours. */
  columns: { name: string; label: string }[];
}

/** The charts' figures as a table: for screen readers, and for whoever wants the number. */
export function MetricsTable({ metrics, columns }: MetricsTableProps) {
  const t = useTranslations('metrics');
  const format = useFormatter();
  return (
    <details className="mt-4">
      <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('asTable')}</summary>
      <div className="mt-3 max-h-96 overflow-y-auto">
        <Table label={t('asTable')}>
          <thead>
            <tr>
              <HeaderCell className="text-end">{t('stepHeader')}</HeaderCell>
              {columns.map(({ name, label }) => (
                <HeaderCell key={name} className="text-end">
                  {label}
                </HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {downsample(metrics).map((row) => (
              <Row key={row.step}>
                <Cell className="numeric h-8 py-1 text-end">{format.number(row.step)}</Cell>
                {columns.map(({ name }) => {
                  const value = row.values[name];
                  return (
                    <Cell key={name} className="numeric h-8 py-1 text-end">
                      {value === undefined
                        ? '–'
                        : format.number(
                            value,
                            Math.abs(value) < 0.001 ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: 4 },
                          )}
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
