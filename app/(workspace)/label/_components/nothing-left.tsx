'use client';
import { CircleCheckBig } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useEffect, useEffectEvent } from 'react';
import type { Outputs } from '../../../_trpc/context.ts';
import { Button, ButtonLink } from '../../../_ui/button.tsx';
import { Empty } from '../../../_ui/state.tsx';

interface NothingLeftProps {
  reason: NonNullable<Outputs['label']['next']['reason']>;
  isUndoing: boolean;
  onUndo: () => void;
  onLook: () => void;
}

const lookAgainMs = 20_000;

/** Why there is no task, and what to do about it. */
export function NothingLeft({ reason, isUndoing, onUndo, onLook }: NothingLeftProps) {
  const t = useTranslations('label');
  const look = useEffectEvent(onLook);
  // A lease that runs out is nobody's event: look for it now and then.
  useEffect(() => {
    if (reason !== 'leased') return;
    const timer = setInterval(() => look(), lookAgainMs);
    return () => clearInterval(timer);
  }, [reason]);
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
