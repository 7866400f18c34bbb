'use client';
// One model: what it is and where it came from, how far its job is, what went wrong, and what can be done with it.
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { ModelFactsList } from './model-facts.tsx';
import { ModelMemory } from './model-memory.tsx';
import { ModelProgress } from './model-progress.tsx';

type Model = Outputs['models']['list'][number];

interface ModelCardProps {
  model: Model;
  devices: Outputs['models']['devices'];
  /** The fine-tuning that it came of. */
  madeBy: Outputs['sft']['list'][number] | null;
  isBusy: boolean;
  onTry: () => void;
  onRetry: () => void;
  onRemove: () => void;
  onProject: () => void;
  onFineTune: () => void;
}

const tones: { [S in Model['status']]: Tone } = {
  registering: 'running',
  downloading: 'running',
  ready: 'success',
  failed: 'danger',
};

export function ModelCard({ model, devices, madeBy, isBusy, ...actions }: ModelCardProps) {
  const { onTry, onRetry, onRemove, onProject, onFineTune } = actions;
  const t = useTranslations('models');
  const { name } = model;
  return (
    <li className="flex min-w-0 flex-col rounded-card border border-line bg-surface p-4 sm:p-5">
      <div className="flex items-center gap-2">
        <h2 className="min-w-0 truncate font-semibold">{name}</h2>
        <Badge tone={tones[model.status]}>{t(`statuses.${model.status}`)}</Badge>
      </div>
      <p className="mt-1 break-all font-mono text-[13px] text-faint">
        {model.source === 'hub' ? model.hubId : model.folder}
        {model.hubCommit && ` @ ${model.hubCommit.slice(0, 12)}`}
      </p>
      {madeBy && (
        <Link
          href={`/models/sft/${madeBy.id}`}
          className="mt-1 self-start rounded-control text-[13px] text-accent-text underline-offset-4 hover:underline"
        >
          {t('sft.from', { name: madeBy.modelName })}
        </Link>
      )}
      <div className="mt-3 flex flex-1 flex-col gap-3">
        {model.job && <ModelProgress job={model.job} name={name} />}
        {model.status === 'failed' && model.error && (
          <p role="alert" className="break-words rounded-control bg-danger-soft px-3 py-2 text-danger">
            {model.error}
          </p>
        )}
        {model.status === 'ready' && model.facts && (
          <>
            <ModelFactsList facts={model.facts} />
            <ModelMemory facts={model.facts} devices={devices} />
          </>
        )}
      </div>
      {!model.job && (
        <div className="mt-4 flex flex-wrap items-center gap-2">
          {model.status === 'ready' && (
            <>
              <Button onClick={onTry} aria-label={t('tryOf', { name })}>
                {t('tryAction')}
              </Button>
              <Button onClick={onProject} aria-label={t('newProjectOf', { name })}>
                {t('newProject')}
              </Button>
              <Button onClick={onFineTune} aria-label={t('sft.actionOf', { name })}>
                {t('sft.action')}
              </Button>
            </>
          )}
          {model.status === 'failed' && (
            <Button disabled={isBusy} onClick={onRetry} aria-label={t('retryOf', { name })}>
              {t(model.source === 'hub' ? 'resume' : 'lookAgain')}
            </Button>
          )}
          <Button variant="ghost" disabled={isBusy} onClick={onRemove} aria-label={t('removeOf', { name })}>
            {t('remove')}
          </Button>
        </div>
      )}
    </li>
  );
}
