'use client';
// Before an import: what the file was recognised as, what is decided about it, and what it would then do.
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { FileDown } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { Upload } from '../../../../../../domain/imports/options.ts';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { Card } from '../../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { FormatFields } from './format-fields.tsx';
import { ImportFigures } from './import-figures.tsx';
import { OptionFields } from './option-fields.tsx';
import { PreviewTable } from './preview-table.tsx';
import type { RunningImport } from './running-import.ts';
import { SkipReport } from './skip-report.tsx';
import { useImportOptions } from './use-import-options.ts';

interface ImportSetupProps {
  upload: Upload;
  onStarted: (run: RunningImport) => void;
  onBack: () => void;
}

export function ImportSetup({ upload, onStarted, onBack }: ImportSetupProps) {
  const t = useTranslations('imports');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const form = useImportOptions(upload.fileName);
  const needsMapping = form.draft.shape === 'columns' && form.draft.mapping.prompt === '';
  const preview = useQuery(
    trpc.imports.preview.queryOptions(
      // Its name changes nothing of what it does.
      { projectId: project.id, upload, options: { ...form.settledOptions, name: 'preview' } },
      { enabled: form.settledOptions !== null && !needsMapping, placeholderData: keepPreviousData, retry: false },
    ),
  );
  const start = useMutation(trpc.imports.start.mutationOptions({ onSuccess: onStarted }));
  const found = preview.data;
  const canStart = form.options !== null && !needsMapping && found?.shape != null && !preview.error;

  return (
    <form
      noValidate
      className="grid items-start gap-6 xl:grid-cols-[minmax(20rem,26rem)_1fr]"
      onSubmit={(event) => {
        event.preventDefault();
        if (canStart && form.options) start.mutate({ projectId: project.id, upload, options: form.options });
      }}
    >
      <Card className="flex flex-col gap-5">
        <FormatFields form={form} found={found} fileName={upload.fileName} />
        <OptionFields
          form={form}
          hasResponses={(found?.prompts ?? []).some(({ prompt }) => prompt.responses.length > 0)}
        />
        {start.error && <ErrorState error={start.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onBack}>{t('otherFile')}</Button>
          <Button type="submit" variant="primary" disabled={!canStart} pending={start.isPending || start.isSuccess}>
            <FileDown aria-hidden className="size-4" />
            {t('start')}
          </Button>
        </div>
      </Card>
      <section aria-label={t('preview.title')} aria-busy={preview.isFetching} className="flex min-w-0 flex-col gap-5">
        {preview.error ? (
          <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
        ) : !found ? (
          <SkeletonList />
        ) : found.shape === null ? (
          <p className="rounded-card bg-warn-soft p-4 text-warn">{t('format.unknown')}</p>
        ) : (
          <>
            <div>
              <h2 className="font-semibold text-base">{t('preview.title')}</h2>
              <p className="text-muted">
                {t(found.isWhole ? 'preview.whole' : 'preview.part', { rows: found.report.rows })}
              </p>
            </div>
            <ImportFigures report={found.report} />
            <PreviewTable prompts={found.prompts} />
            <SkipReport report={found.report} name={upload.fileName} />
          </>
        )}
      </section>
    </form>
  );
}
