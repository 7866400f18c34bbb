'use client';
// One's own last rankings: each can be opened and changed until the project closes them or a reviewer has decided.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useFormatter, useTranslations } from 'next-intl';
import { strengthNames } from '../../../../domain/label-settings.ts';
import { useTRPC } from '../../../_trpc/context.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { ErrorState, SkeletonList } from '../../../_ui/state.tsx';

interface MineDialogProps {
  projectId: string;
  isClosed: boolean;
  onOpen: (rankingId: string) => void;
  onClose: () => void;
}

const atOnce = 20;

export function MineDialog({ projectId, isClosed, onOpen, onClose }: MineDialogProps) {
  const t = useTranslations('label.mine');
  const ts = useTranslations('label.strength');
  const format = useFormatter();
  const trpc = useTRPC();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    trpc.label.history.infiniteQueryOptions(
      { projectId, limit: atOnce },
      { getNextPageParam: ({ nextCursor }) => nextCursor, staleTime: 0 },
    ),
  );
  const items = data?.pages.flatMap((page) => page.items);
  return (
    <Dialog
      wide
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('title')}
      description={t(isClosed ? 'closed' : 'text')}
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !items ? (
        <SkeletonList rows={4} />
      ) : items.length === 0 ? (
        <p className="py-6 text-center text-muted">{t('none')}</p>
      ) : (
        <ul className="flex flex-col divide-y divide-line">
          {items.map(({ rankingId, createdAt, preview, tiers, strength, overall, canChange }) => (
            <li key={rankingId} className="flex items-center gap-3 py-2.5">
              <div className="min-w-0 flex-1">
                <p dir="auto" className="truncate text-[15px]">
                  {preview || t('emptyPrompt')}
                </p>
                <p className="numeric mt-0.5 text-[13px] text-faint">
                  {[
                    format.dateTime(createdAt, { dateStyle: 'medium', timeStyle: 'short' }),
                    t('tiers', { tiers: tiers.length, responses: tiers.flat().length }),
                    ...(strength ? [ts(`${strengthNames[strength]}.long`)] : []),
                    ...(overall ? [t(overall)] : []),
                  ].join(' · ')}
                </p>
              </div>
              <Button disabled={!canChange} onClick={() => onOpen(rankingId)} className="pointer-coarse:h-11">
                {t(canChange ? 'change' : 'fixed')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button className="mt-4" pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </Dialog>
  );
}
