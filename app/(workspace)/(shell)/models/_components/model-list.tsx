'use client';
// The models page: what is registered, what it needs, the ways to add one, and a box to try one in.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Boxes, CloudDownload, FolderPlus } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useErrorToast } from '../../../../_lib/use-error-toast.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { FolderDialog } from './folder-dialog.tsx';
import { HubDialog } from './hub-dialog.tsx';
import { ModelCard } from './model-card.tsx';
import { ProjectDialog } from './project-dialog.tsx';
import { SftDialog } from './sft-dialog.tsx';
import { SftRuns } from './sft-runs.tsx';
import { TryBox } from './try-box.tsx';

type Model = Outputs['models']['list'][number];
type Opened = { kind: 'folder' | 'hub' } | { kind: 'remove' | 'project' | 'sft'; model: Model };

export function ModelList() {
  const t = useTranslations('models');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [tried, setTried] = useState<string | null>(null);
  const models = useQuery(trpc.models.list.queryOptions());
  const runs = useQuery(trpc.sft.list.queryOptions());
  const devices = useQuery(trpc.models.devices.queryOptions(undefined, { refetchInterval: 20_000 }));
  const settled = {
    onSettled: () => void queryClient.invalidateQueries(trpc.models.pathFilter()),
    onError: toastError,
  };
  const retry = useMutation(trpc.models.retry.mutationOptions(settled));
  const remove = useMutation(trpc.models.remove.mutationOptions(settled));
  const close = () => setOpened(null);
  const addButtons = (
    <>
      <Button onClick={() => setOpened({ kind: 'folder' })}>
        <FolderPlus aria-hidden className="size-4" />
        {t('register')}
      </Button>
      <Button variant="primary" onClick={() => setOpened({ kind: 'hub' })}>
        <CloudDownload aria-hidden className="size-4" />
        {t('addFromHub')}
      </Button>
    </>
  );
  return (
    <Page title={t('title')} intro={t('intro')} actions={addButtons}>
      {models.error ? (
        <ErrorState error={models.error} onRetry={() => void models.refetch()} />
      ) : !models.data ? (
        <SkeletonList rows={2} className="h-40" />
      ) : models.data.length === 0 ? (
        <Empty icon={Boxes} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2">
          {models.data.map((model) => (
            <ModelCard
              key={model.id}
              model={model}
              devices={devices.data ?? []}
              madeBy={runs.data?.find(({ resultModelId }) => resultModelId === model.id) ?? null}
              isBusy={retry.isPending || remove.isPending}
              onTry={() => setTried(`model:${model.id}`)}
              onRetry={() => retry.mutate({ modelId: model.id })}
              onRemove={() => setOpened({ kind: 'remove', model })}
              onProject={() => setOpened({ kind: 'project', model })}
              onFineTune={() => setOpened({ kind: 'sft', model })}
            />
          ))}
        </ul>
      )}
      {runs.error && <ErrorState error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data && runs.data.length > 0 && <SftRuns runs={runs.data} />}
      <TryBox wanted={tried} />
      {opened?.kind === 'folder' && <FolderDialog onClose={close} />}
      {opened?.kind === 'hub' && <HubDialog onClose={close} />}
      {opened?.kind === 'project' && <ProjectDialog model={opened.model} onClose={close} />}
      {opened?.kind === 'sft' && <SftDialog model={opened.model} onClose={close} />}
      {opened?.kind === 'remove' && (
        <ConfirmDialog
          title={t('removeTitle', { name: opened.model.name })}
          text={t(opened.model.source === 'hub' ? 'removeHubText' : 'removeFolderText')}
          action={t('remove')}
          onClose={close}
          onConfirm={() => remove.mutate({ modelId: opened.model.id })}
        />
      )}
    </Page>
  );
}
