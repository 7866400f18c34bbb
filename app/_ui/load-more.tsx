'use client';
import { useTranslations } from 'next-intl';
import { Button } from './button.tsx';

interface LoadMoreProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

export function LoadMore({ query }: LoadMoreProps) {
  const t = useTranslations('common');
  if (!query.hasNextPage) return null;
  return (
    <div className="mt-4 flex justify-center">
      <Button onClick={() => void query.fetchNextPage()} pending={query.isFetchingNextPage}>
        {t('loadMore')}
      </Button>
    </div>
  );
}
