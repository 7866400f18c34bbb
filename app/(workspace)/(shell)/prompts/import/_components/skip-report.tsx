'use client';
// What of a file was skipped or left out, by reason, each with the places where it stood; and the same as a file.
import { Download } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import type { LeftOutReason, RowSkipReason } from '../../../../../../domain/imports/prompt.ts';
import { type ImportReport, reportLines } from '../../../../../../domain/imports/report.ts';
import { Button } from '../../../../../_ui/button.tsx';

type Cases = NonNullable<ImportReport['skipped'][RowSkipReason]>;

export function SkipReport({ report, name }: { report: ImportReport; name: string }) {
  const t = useTranslations('imports.report');
  const skipped = Object.entries(report.skipped) as [RowSkipReason, Cases][];
  const leftOut = Object.entries(report.leftOut) as [LeftOutReason, Cases][];
  if (skipped.length + leftOut.length === 0) return <p className="text-muted">{t('nothing')}</p>;
  return (
    <section aria-label={t('title')} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold text-base">{t('title')}</h2>
        <Button size="sm" onClick={() => download(report, name)}>
          <Download aria-hidden className="size-4" />
          {t('download')}
        </Button>
      </div>
      {skipped.map(([reason, cases]) => (
        <CaseList key={reason} title={t(`skipped.${reason}`)} cases={cases} />
      ))}
      {leftOut.map(([reason, cases]) => (
        <CaseList key={reason} title={t(`leftOut.${reason}`)} cases={cases} />
      ))}
    </section>
  );
}

function CaseList({ title, cases }: { title: string; cases: Cases }) {
  const t = useTranslations('imports.report');
  const places = useTranslations('imports.preview.places');
  const format = useFormatter();
  return (
    <details className="rounded-control border border-line bg-surface px-3 py-2">
      <summary className="cursor-pointer rounded-control">
        <span className="numeric me-2 font-semibold">{format.number(cases.count)}</span>
        {title}
      </summary>
      <ul className="mt-2 flex flex-col gap-1 text-[13px] text-muted">
        {cases.examples.map(({ place, detail }) => (
          <li key={`${place.unit} ${place.number} ${detail}`} className="break-words">
            <span className="numeric font-medium">{places(place.unit, { number: place.number })}</span>
            {detail && `: ${detail}`}
          </li>
        ))}
        {cases.count > cases.examples.length && <li>{t('more', { count: cases.count - cases.examples.length })}</li>}
      </ul>
    </details>
  );
}

function download(report: ImportReport, name: string): void {
  const url = URL.createObjectURL(new Blob([...reportLines(report)], { type: 'application/jsonl' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}-report.jsonl`;
  link.click();
  URL.revokeObjectURL(url);
}
