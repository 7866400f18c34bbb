'use client';
// The person's own keys: choose an action, press its new key. What can't be had is refused in words.
import { useTranslations } from 'next-intl';
import { useEffect, useEffectEvent, useState } from 'react';
import {
  defaultKeys,
  findKeyConflict,
  type KeyConflict,
  type KeyMap,
  keyLabel,
  type LabelAction,
  labelActions,
  remap,
} from '../../../../domain/label-keys.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Kbd } from '../../../_ui/kbd.tsx';

interface KeysDialogProps {
  keys: KeyMap;
  onChange: (keys: KeyMap) => void;
  onClose: () => void;
}

const modifiers = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock']);

export function KeysDialog({ keys, onChange, onClose }: KeysDialogProps) {
  const t = useTranslations('label.keysDialog');
  const ta = useTranslations('label.action');
  const [asking, ask] = useState<LabelAction | null>(null);
  const [conflict, setConflict] = useState<{ key: string; why: KeyConflict } | null>(null);

  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (!asking || modifiers.has(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') {
      setConflict(null);
      return ask(null);
    }
    const why = findKeyConflict(keys, asking, event);
    if (why) return setConflict({ key: keyLabel(event.key), why });
    setConflict(null);
    onChange(remap(keys, asking, event));
    ask(null);
  });
  useEffect(() => {
    // Before anybody else: the key that is being chosen does nothing.
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener, { capture: true });
    return () => window.removeEventListener('keydown', listener, { capture: true });
  }, []);

  const isChanged = labelActions.some((action) => keys[action] !== defaultKeys[action]);
  return (
    <Dialog wide open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <p role="status" className="mb-2 min-h-5 text-[13px] text-accent-text">
        {asking && t('press', { action: ta(`${asking}.name`) })}
      </p>
      {conflict && (
        <p role="alert" className="mb-3 text-[13px] text-danger">
          {conflict.why.type === 'taken'
            ? t('conflict.taken', { key: conflict.key, action: ta(`${conflict.why.by}.name`) })
            : t(`conflict.${conflict.why.type}`, { key: conflict.key })}
        </p>
      )}
      <dl className="grid gap-x-8 sm:grid-cols-2">
        {labelActions.map((action) => (
          <div key={action} className="flex items-center gap-3 border-line border-b py-1.5">
            <dt className="min-w-0 flex-1">{ta(`${action}.name`)}</dt>
            <dd>
              <Button
                size="sm"
                aria-pressed={asking === action}
                aria-label={t('change', { action: ta(`${action}.name`), key: keyLabel(keys[action]) })}
                onClick={() => {
                  setConflict(null);
                  ask(action);
                }}
                className={asking === action ? 'border-accent ring-1 ring-accent' : ''}
              >
                {asking === action ? '…' : <Kbd always>{keyLabel(keys[action])}</Kbd>}
              </Button>
            </dd>
          </div>
        ))}
      </dl>
      <div className="mt-4 flex justify-end">
        <Button disabled={!isChanged} onClick={() => onChange(defaultKeys)}>
          {t('reset')}
        </Button>
      </div>
    </Dialog>
  );
}
