'use client';
// Where prompts come from: a file, dropped or chosen, or text that is pasted.
import { FileUp } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { type DragEvent, useId, useState } from 'react';
import { Button } from '../../../../../_ui/button.tsx';
import { cx } from '../../../../../_ui/cx.ts';
import { Field, Textarea } from '../../../../../_ui/field.tsx';
import { Card } from '../../../../../_ui/page.tsx';
import { Progress } from '../../../../../_ui/progress.tsx';
import { ErrorState } from '../../../../../_ui/state.tsx';
import type { UploadState } from './use-upload.ts';

interface SourceCardProps {
  state: Exclude<UploadState, { kind: 'sent' }>;
  onSend: (fileName: string, content: Blob) => void;
  onCancel: () => void;
}

const accepted = '.jsonl,.ndjson,.json,.csv,.tsv,.parquet,.txt,.gz';

export function SourceCard({ state, onSend, onCancel }: SourceCardProps) {
  const t = useTranslations('imports.source');
  const [pasted, setPasted] = useState('');
  if (state.kind === 'sending') return <Sending state={state} onCancel={onCancel} />;
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      {state.kind === 'failed' && <ErrorState error={{ message: state.message || t('failed') }} />}
      <DropZone onFile={(file) => onSend(file.name, file)} />
      <Card>
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            onSend(t('pastedName'), new Blob([pasted]));
          }}
        >
          <Field label={t('paste')} hint={t('pasteHint')}>
            {(control) => (
              <Textarea
                {...control}
                rows={6}
                dir="auto"
                spellCheck={false}
                value={pasted}
                onChange={(event) => setPasted(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
                    event.currentTarget.form?.requestSubmit();
                }}
              />
            )}
          </Field>
          <Button type="submit" disabled={pasted.trim() === ''} className="self-end" shortcut={t('pasteKey')}>
            {t('usePasted')}
          </Button>
        </form>
      </Card>
    </div>
  );
}

function DropZone({ onFile }: { onFile: (file: File) => void }) {
  const t = useTranslations('imports.source');
  const hintId = useId();
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    // The input inside does the same for keyboards and screen readers.
    <label
      onDragEnter={over}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer.files;
        if (file) onFile(file);
      }}
      className={cx(
        'flex cursor-pointer flex-col items-center gap-2 rounded-card border border-dashed px-6 py-10 text-center',
        'focus-within:outline-2 focus-within:outline-accent focus-within:outline-offset-2',
        isOver ? 'border-accent bg-accent-soft' : 'border-control hover:bg-sunken',
      )}
    >
      <FileUp aria-hidden className="size-6 text-muted" />
      <span className="font-semibold text-base">{t('drop')}</span>
      <span id={hintId} className="max-w-[60ch] text-muted">
        {t('dropHint')}
      </span>
      <input
        type="file"
        accept={accepted}
        aria-label={t('drop')}
        aria-describedby={hintId}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) onFile(file);
        }}
      />
    </label>
  );
}

function Sending({ state, onCancel }: { state: Extract<UploadState, { kind: 'sending' }>; onCancel: () => void }) {
  const t = useTranslations('imports.source');
  const label = t('sending', { file: state.fileName });
  return (
    <Card className="flex max-w-3xl flex-col gap-3">
      <div className="flex items-center justify-between gap-4">
        <p className="min-w-0 break-words font-medium">{label}</p>
        <Button size="sm" onClick={onCancel}>
          {t('cancel')}
        </Button>
      </div>
      <Progress
        label={label}
        value={state.sent}
        max={Math.max(1, state.size)}
        indeterminate={state.sent === state.size}
      />
    </Card>
  );
}
