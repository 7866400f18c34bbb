'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useDeferredValue, useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Field, Textarea } from '../../../../_ui/field.tsx';
import { Reading } from '../../../../_ui/reading/reading.tsx';
import { ErrorState } from '../../../../_ui/state.tsx';
import { toast } from '../../../../_ui/toast.ts';

/** Markdown beside how annotators read it. Saving makes a new version, which they are asked to read. */
export function GuidelinesEditor({ newest }: { newest: { version: number; text: string } | null }) {
  const t = useTranslations('guidelines');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  // What is being written stands on the version that was seen when the writing began.
  const [base, setBase] = useState(newest);
  const [text, setText] = useState(newest?.text ?? '');
  const shown = useDeferredValue(text);
  const save = useMutation(trpc.guidelines.save.mutationOptions());
  const isChanged = text.trim() !== (base?.text ?? '');

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(
      { projectId: project.id, text, basedOn: base?.version ?? null },
      {
        onSuccess: ({ version }) => {
          setBase({ version, text: text.trim() });
          toast.success(t('saved', { version }), { description: t('savedText') });
          void queryClient.invalidateQueries(trpc.guidelines.pathFilter());
        },
      },
    );
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-6 lg:grid-cols-2">
        <Field label={t('text')} hint={t('textHint')}>
          {(control) => (
            <Textarea
              {...control}
              dir="auto"
              value={text}
              onChange={(event) => setText(event.target.value)}
              maxLength={50_000}
              rows={18}
              className="font-mono text-[13px]"
            />
          )}
        </Field>
        <section aria-labelledby="guidelines-preview" className="min-w-0">
          <h2 id="guidelines-preview" className="mb-1.5 font-medium">
            {t('preview')}
          </h2>
          <div className="rounded-card border border-line bg-surface p-4">
            {shown.trim() ? <Reading text={shown} /> : <p className="text-faint">{t('nothing')}</p>}
          </div>
        </section>
      </div>
      {save.error && <ErrorState error={save.error} />}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {isChanged && <p className="me-auto text-[13px] text-muted">{t('unsaved')}</p>}
        <Button disabled={!isChanged} onClick={() => setText(base?.text ?? '')}>
          {t('discard')}
        </Button>
        <Button type="submit" variant="primary" disabled={!isChanged || !text.trim()} pending={save.isPending}>
          {t('save', { version: (base?.version ?? 0) + 1 })}
        </Button>
      </div>
    </form>
  );
}
