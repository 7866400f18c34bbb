'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Outputs } from '../../../../../../_trpc/context.ts';
import { Button } from '../../../../../../_ui/button.tsx';
import { Card } from '../../../../../../_ui/page.tsx';
import { ProjectDialog } from '../../../_components/project-dialog.tsx';
import { TryBox } from '../../../_components/try-box.tsx';

/** The model that came of it, and where to go on from here. */
export function SftResult({ detail: { run, result } }: { detail: Outputs['sft']['get'] }) {
  const t = useTranslations('sft.result');
  const [isStarting, setStarting] = useState(false);
  const [tried, setTried] = useState<string | null>(null);
  const { outcome } = run;
  return (
    <>
      <Card className="flex flex-wrap items-center justify-between gap-4">
        <div className="min-w-0">
          <h2 className="break-words font-semibold text-base">{t('title', { name: result?.name ?? run.name })}</h2>
          {outcome && (
            <p className="numeric mt-1 text-muted">
              {t('text', { examples: outcome.examples, steps: outcome.steps, seconds: outcome.seconds })}
            </p>
          )}
          {outcome?.best && (
            <p className="numeric mt-1 text-muted">
              {t('best', {
                kept: String(run.config.load_best_model_at_end === true),
                stopped: String(outcome.stoppedEarly === true),
                heldOut: outcome.heldOut ?? 0,
                step: outcome.best.step,
                metric: run.config.metric_for_best_model,
                value: outcome.best.value,
              })}
            </p>
          )}
          {outcome && outcome.dropped > 0 && (
            <p className="numeric mt-1 text-warn">{t('dropped', { count: outcome.dropped })}</p>
          )}
          {!result && <p className="mt-1 text-warn">{t('removed')}</p>}
        </div>
        {result && (
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setTried(`model:${result.id}`)}>{t('try')}</Button>
            <Button variant="primary" onClick={() => setStarting(true)}>
              {t('project')}
            </Button>
          </div>
        )}
      </Card>
      {result && tried && <TryBox wanted={tried} />}
      {result && isStarting && <ProjectDialog model={result} onClose={() => setStarting(false)} />}
    </>
  );
}
