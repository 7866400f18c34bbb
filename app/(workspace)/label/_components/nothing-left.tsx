'use client';
import { CircleCheckBig } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useEffect, useEffectEvent } from 'react';
import { useLabelProgress } from '../../../_lib/use-label-progress.ts';
import type { Outputs } from '../../../_trpc/context.ts';
import { Button, ButtonLink } from '../../../_ui/button.tsx';
import { Empty } from '../../../_ui/state.tsx';

interface NothingLeftProps {
  reason: Extract<Outputs['label']['next'], { kind: 'empty' }>['reason'];
  isUndoing: boolean;
  onUndo: () => void;
  onLook: () => void;
}

/** Why there is no task. Looks again by itself whenever tasks have changed. */
export function NothingLeft({ reason, isUndoing, onUndo, onLook }: NothingLeftProps) {
  const t = useTranslations('label');
  const { data } = useLabelProgress();
  const open = data?.open ?? 0;
  const look = useEffectEvent(onLook);
  useEffect(() => {
    if (open > 0) look();
  }, [open]);
  return (
    <Empty
      icon={CircleCheckBig}
      title={t(`empty.${reason}.title`)}
      action={
        <>
          <Button onClick={onLook}>{t('checkAgain')}</Button>
          <Button onClick={onUndo} shortcut="Z" pending={isUndoing}>
            {t('undo')}
          </Button>
          <ButtonLink href="/" variant="primary">
            {t('toOverview')}
          </ButtonLink>
        </>
      }
    >
      {t(`empty.${reason}.text`)}
    </Empty>
  );
}
