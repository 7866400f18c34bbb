'use client';
// Everything by name: Ctrl or Cmd + K, a few letters, Enter.
import { Command } from 'cmdk';
import { Languages } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { localeCodes, locales } from '../../../../domain/locales.ts';
import { useChooseLocale } from '../../../_i18n/use-choose-locale.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { placesFor } from './navigation.ts';

export function Palette({ onClose }: { onClose: () => void }) {
  const t = useTranslations('palette');
  const nav = useTranslations('nav');
  const language = useTranslations('language');
  const { choose } = useChooseLocale();
  const router = useRouter();
  const { user, project } = useWorkspace();
  const actions =
    project.role === 'admin'
      ? [
          { key: 'sample' as const, href: '/prompts?sample=1' },
          { key: 'startRound' as const, href: '/rounds/new' },
        ]
      : [];

  function follow(href: string) {
    onClose();
    router.push(href);
  }

  const item =
    'flex h-10 cursor-pointer items-center gap-3 rounded-control px-3 data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent-text';
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')}>
      <Command label={t('title')} loop>
        <Command.Input
          placeholder={t('placeholder')}
          className="mb-3 h-10 w-full rounded-control border border-control bg-surface px-3 placeholder:text-faint"
        />
        <Command.List label={t('results')}>
          <Command.Empty className="px-3 py-6 text-center text-muted">{t('nothing')}</Command.Empty>
          {placesFor({ isAdmin: user.isAdmin, role: project.role }).map(({ key, href, icon: Icon }) => (
            <Command.Item key={key} value={nav(key)} onSelect={() => follow(href)} className={item}>
              <Icon aria-hidden className="size-4" />
              {nav(key)}
            </Command.Item>
          ))}
          {actions.map(({ key, href }) => (
            <Command.Item key={key} value={t(key)} onSelect={() => follow(href)} className={item}>
              {t(key)}
            </Command.Item>
          ))}
          {localeCodes.map((code) => (
            <Command.Item
              key={code}
              lang={code}
              value={locales[code].name}
              keywords={[language('label'), code]}
              onSelect={() => {
                onClose();
                choose(code);
              }}
              className={item}
            >
              <Languages aria-hidden className="size-4" />
              {locales[code].name}
            </Command.Item>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
