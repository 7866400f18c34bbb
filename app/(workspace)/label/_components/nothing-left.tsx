'use client';
import { CircleCheckBig, CirclePause, CircleX, Hourglass, type LucideIcon, Tags } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/button.tsx';
import { Empty } from '../../../_ui/state.tsx';
import { HomeLink } from './home-link.tsx';
import { useKeyLabel } from './keys-context.tsx';
import type { EmptyReason } from './task.ts';

interface NothingLeftProps {
  reason: EmptyReason;
  isUndoing: boolean;
  onUndo: () => void;
  onLook: () => void;
}

const icons: Record<EmptyReason, LucideIcon> = {
  'none-sampled': Hourglass,
  'all-ranked': CircleCheckBig,
  leased: Hourglass,
  skipped: CircleCheckBig,
  'others-turn': CircleCheckBig,
  paused: CirclePause,
  'nothing-suits': Tags,
  'onboarding-failed': CircleX,
  'onboarding-missing': Hourglass,
};

/** Why there is no task, and what to do about it. */
export function NothingLeft({ reason, isUndoing, onUndo, onLook }: NothingLeftProps) {
  const t = useTranslations('label');
  const undoKey = useKeyLabel('undo');
  return (
    <Empty
      icon={icons[reason]}
      title={t(`empty.${reason}.title`)}
      action={
        <>
          <Button onClick={onLook}>{t('checkAgain')}</Button>
          <Button onClick={onUndo} shortcut={undoKey} pending={isUndoing}>
            {t('action.undo.name')}
          </Button>
          <HomeLink variant="primary" size="md">
            {t('toOverview')}
          </HomeLink>
        </>
      }
    >
      {t(`empty.${reason}.text`)}
    </Empty>
  );
}
