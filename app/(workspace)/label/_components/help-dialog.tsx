'use client';
import { useTranslations } from 'next-intl';
import { type KeyMap, keyLabel, type LabelAction, labelActions } from '../../../../domain/label-keys.ts';
import type { LabelMode } from '../../../../domain/label-settings.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Kbd } from '../../../_ui/kbd.tsx';

interface HelpDialogProps {
  keys: KeyMap;
  mode: LabelMode;
  offers: (action: LabelAction) => boolean;
  onKeys: () => void;
  onClose: () => void;
}

/** What the digits do in each mode: caps, and the words' name. */
const digitRows = {
  rank: [
    { caps: '1 … 8', words: 'digits' },
    { caps: '⇧ 2', words: 'shiftDigit' },
  ],
  ab: [
    { caps: '1 2', words: 'choose' },
    { caps: '1 1', words: 'chooseAgain' },
  ],
  thumbs: [
    { caps: '1 … 8', words: 'thumb' },
    { caps: '⇧ 2', words: 'thumbDown' },
  ],
} as const satisfies Record<LabelMode, { caps: string; words: string }[]>;

/** The keys as they are mapped now, with what each does. */
export function HelpDialog({ keys, mode, offers, onKeys, onClose }: HelpDialogProps) {
  const t = useTranslations('label.help');
  const ta = useTranslations('label.action');
  return (
    <Dialog wide open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t(`intro.${mode}`)}>
      <dl className="grid gap-x-8 sm:grid-cols-2">
        {digitRows[mode].map(({ caps, words }) => (
          <HelpRow key={words} caps={caps} name={t(`${words}.keys`)} does={t(`${words}.does`)} />
        ))}
        {labelActions.filter(offers).map((action) => (
          <HelpRow
            key={action}
            caps={keyLabel(keys[action])}
            name={keyLabel(keys[action])}
            does={ta(`${action}.does`)}
          />
        ))}
      </dl>
      <p className="mt-4 text-[13px] text-faint">{t('fields')}</p>
      <p className="mt-1 text-[13px] text-faint">{t('touch')}</p>
      <div className="mt-4 flex justify-end">
        <Button onClick={onKeys}>{t('change')}</Button>
      </div>
    </Dialog>
  );
}

function HelpRow({ caps, name, does }: { caps: string; name: string; does: string }) {
  return (
    <div className="flex items-center gap-3 border-line border-b py-2">
      <dt className="flex w-20 shrink-0 gap-1">
        {caps.split(' ').map((cap) => (
          <Kbd key={cap} always>
            {cap}
          </Kbd>
        ))}
        <span className="sr-only">{name}</span>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
