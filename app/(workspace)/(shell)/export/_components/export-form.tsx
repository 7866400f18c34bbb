'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { type PairPolicy, pairPolicyNames } from '../../../../../domain/pairs.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Code } from '../../../../_ui/code.tsx';
import { Choices, Field, Select } from '../../../../_ui/field.tsx';
import { Card, Page } from '../../../../_ui/page.tsx';
import { ErrorState } from '../../../../_ui/state.tsx';

const formats = ['trl', 'kto'] as const;
type ExportFormat = (typeof formats)[number];

const examples: { [F in ExportFormat]: string } = {
  trl: `{"prompt": [{"role": "user", "content": "Where is my order?"}],
 "chosen": [{"role": "assistant", "content": "It left today and arrives on Friday."}],
 "rejected": [{"role": "assistant", "content": "ok"}]}`,
  kto: `{"prompt": [{"role": "user", "content": "Where is my order?"}],
 "completion": [{"role": "assistant", "content": "It left today and arrives on Friday."}],
 "label": true}`,
};

/** The pairs as a file: those of now, or exactly those that a round trained on. */
export function ExportForm({ initialVersion }: { initialVersion: string }) {
  const t = useTranslations('export');
  const policies = useTranslations('pairPolicies');
  const format = useFormatter();
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const [kind, setKind] = useState<ExportFormat>('trl');
  const [version, setVersion] = useState(initialVersion);
  const [pairPolicy, setPairPolicy] = useState<PairPolicy>('best-worst');
  const { data, error, refetch } = useQuery(
    trpc.pairs.summary.queryOptions({ projectId: project.id, pairPolicy }, { placeholderData: keepPreviousData }),
  );
  const frozen = data?.datasetVersions.find(({ id }) => id === version);
  const count = frozen ? frozen.pairCount : (data?.pairs ?? 0);
  return (
    <Page narrow title={t('title')} intro={t('intro')}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {/* A plain form: the browser streams the file to disk by itself, however large it is. */}
      <form action="/api/export" method="get">
        <Card className="flex flex-col gap-5">
          <input type="hidden" name="projectId" value={project.id} />
          <Choices
            legend={t('format')}
            name="format"
            value={kind}
            onChange={setKind}
            choices={formats.map((one) => ({
              value: one,
              label: t(`formats.${one}.name`),
              hint: t(`formats.${one}.hint`),
            }))}
          />
          {kind === 'trl' && (
            <>
              <Field label={t('source')} hint={t(frozen ? 'frozenHint' : 'liveHint')}>
                {(control) => (
                  <Select
                    {...control}
                    name={frozen ? 'datasetVersionId' : undefined}
                    value={frozen ? version : ''}
                    onChange={(event) => setVersion(event.target.value)}
                  >
                    <option value="">{t('live')}</option>
                    {data?.datasetVersions.map((one) => (
                      <option key={one.id} value={one.id}>
                        {t('version', {
                          date: format.dateTime(one.createdAt, { dateStyle: 'medium', timeStyle: 'short' }),
                          count: one.pairCount,
                          hash: one.contentHash.slice(0, 12),
                        })}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              {!frozen && (
                <Field label={t('pairPolicy')} hint={policies(`${pairPolicy}.hint`)}>
                  {(control) => (
                    <Select
                      {...control}
                      name="pairPolicy"
                      value={pairPolicy}
                      onChange={(event) =>
                        setPairPolicy(pairPolicyNames.find((name) => name === event.target.value) ?? pairPolicy)
                      }
                    >
                      {pairPolicyNames.map((name) => (
                        <option key={name} value={name}>
                          {policies(`${name}.label`)}
                        </option>
                      ))}
                    </Select>
                  )}
                </Field>
              )}
            </>
          )}
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="numeric font-semibold text-base" aria-live="polite">
              {kind === 'kto' ? t('ktoCount') : data && t('count', { count })}
            </p>
            <Button type="submit" variant="primary" size="lg" disabled={kind === 'trl' && (!data || count === 0)}>
              <Download aria-hidden className="size-4" />
              {t('submit')}
            </Button>
          </div>
        </Card>
      </form>
      <section className="mt-8">
        <h2 className="font-semibold text-base">{t('formatTitle')}</h2>
        <p className="mt-1 mb-3 max-w-[72ch] text-muted">{t('formatText')}</p>
        <Code label={t('formatTitle')} text={examples[kind]} />
      </section>
    </Page>
  );
}
