'use client';
import { Download } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { RankingFilter } from '../../../../../domain/ranking-filter.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { Code } from '../../../../_ui/code.tsx';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Choices } from '../../../../_ui/field.tsx';

interface ExportDialogProps {
  filter: RankingFilter;
  count: number;
  onClose: () => void;
}

const example = `{"prompt": [{"role": "user", "content": "Where is my order?"}],
 "responses": [{"text": "It left today.", "policy": "sft"}, {"text": "ok", "policy": "sft"}],
 "tiers": [[0], [1]], "annotator": "5d3f0c9a81be", "judge": null, "kind": "annotation",
 "strength": 3, "overall": null, "thumbs": null, "ratings": [{"helpful": 5}, {"helpful": 1}],
 "flags": [{"flag": "gibberish", "response": 1}], "rationale": "Only one answers.",
 "edit": {"response": 0, "text": "It left today and arrives on Friday."},
 "shown_order": [1, 0], "duration_ms": 21400, "guideline_version": 2,
 "created_at": "2026-03-02T10:15:00.000Z"}`;

/** What each person said, raw, of the rankings that the filters find. */
export function ExportDialog({ filter, count, onClose }: ExportDialogProps) {
  const t = useTranslations('rankings.raw');
  const { project } = useWorkspace();
  const [names, setNames] = useState<'yes' | 'no'>('yes');
  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      {/* A plain form: the browser streams the file to disk by itself, however large it is. */}
      <form action="/api/export/rankings" method="get" className="flex flex-col gap-4">
        <input type="hidden" name="projectId" value={project.id} />
        <input type="hidden" name="filter" value={JSON.stringify(filter)} />
        <Choices
          legend={t('people')}
          name="pseudonymous"
          value={names}
          onChange={setNames}
          choices={[
            { value: 'yes', label: t('codes.label'), hint: t('codes.hint') },
            { value: 'no', label: t('names.label'), hint: t('names.hint') },
          ]}
        />
        <details>
          <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('format')}</summary>
          <p className="mt-2 mb-3 text-muted">{t('formatText')}</p>
          <Code label={t('format')} text={example} />
        </details>
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="numeric font-medium">{t('count', { count })}</p>
          <Button type="submit" variant="primary" disabled={count === 0}>
            <Download aria-hidden className="size-4" />
            {t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
