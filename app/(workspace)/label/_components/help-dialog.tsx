'use client';
import { useTranslations } from 'next-intl';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Kbd } from '../../../_ui/kbd.tsx';

const rows = [
  { keys: ['1', '…', '9'], text: 'digits' },
  { keys: ['⇧', '2'], text: 'tie' },
  { keys: ['⌫'], text: 'takeBack' },
  { keys: ['Enter'], text: 'submit' },
  { keys: ['Z'], text: 'undo' },
  { keys: ['S'], text: 'skip' },
] as const;

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('label.help');
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <dl className="divide-y divide-line">
        {rows.map(({ keys, text }) => (
          <div key={text} className="flex items-center gap-4 py-2.5">
            <dt className="flex w-20 shrink-0 gap-1">
              {keys.map((key) => (
                <Kbd key={key} always>
                  {key}
                </Kbd>
              ))}
              <span className="sr-only">{t(`${text}.keys`)}</span>
            </dt>
            <dd>{t(`${text}.does`)}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-4 text-[13px] text-faint">{t('touch')}</p>
    </Dialog>
  );
}
