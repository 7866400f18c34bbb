'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { type ImportReport, skippedRows } from '../../../../../../domain/imports/report.ts';
import { Figure } from '../../../../../_ui/page.tsx';

/** What an import does, or has done, in figures. */
export function ImportFigures({ report }: { report: ImportReport }) {
  const t = useTranslations('imports.figures');
  const format = useFormatter();
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 rounded-card border border-line bg-surface p-4 sm:grid-cols-4">
      <Figure label={t('prompts')} note={t('promptsNote', { heldOut: report.heldOut })}>
        {format.number(report.train + report.heldOut)}
      </Figure>
      <Figure label={t('tasks')} note={report.known > 0 && t('tasksNote', { known: report.known })}>
        {format.number(report.tasks)}
      </Figure>
      <Figure label={t('rankings')} note={t('rankingsNote', { responses: report.responses })}>
        {format.number(report.rankings)}
      </Figure>
      <Figure label={t('skipped')} note={t('skippedNote', { rows: report.rows })}>
        {format.number(skippedRows(report))}
      </Figure>
    </dl>
  );
}
