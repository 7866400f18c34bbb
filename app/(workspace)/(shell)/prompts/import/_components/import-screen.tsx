'use client';
// An import from the file to its result: choose or paste, look at what it would do, let it run. The run stands in the
// address alone, so that a reload finds it again.
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Page } from '../../../../../_ui/page.tsx';
import { EarlierImports } from './earlier-imports.tsx';
import { ImportRun } from './import-run.tsx';
import { ImportSetup } from './import-setup.tsx';
import { importAddress, type RunningImport } from './running-import.ts';
import { SourceCard } from './source-card.tsx';
import { useUpload } from './use-upload.ts';

export function ImportScreen({ run }: { run: RunningImport | null }) {
  const t = useTranslations('imports');
  const { project } = useWorkspace();
  const router = useRouter();
  const upload = useUpload(project.id);

  function begin(started: RunningImport) {
    router.replace(`${importAddress}?job=${started.jobRunId}&batch=${started.batchId}`);
  }
  function again() {
    upload.reset();
    router.replace(importAddress);
  }

  return (
    <Page title={t('title')} intro={t('intro')} back={<BackLink href="/prompts">{t('back')}</BackLink>}>
      {run ? (
        <ImportRun run={run} onAgain={again} />
      ) : upload.state.kind === 'sent' ? (
        <ImportSetup key={upload.state.upload.key} upload={upload.state.upload} onStarted={begin} onBack={again} />
      ) : (
        <>
          <SourceCard state={upload.state} onSend={upload.send} onCancel={upload.reset} />
          <EarlierImports />
        </>
      )}
    </Page>
  );
}
