'use client';
import { LogOut, Monitor, Moon, Search, Sun } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useTheme } from 'next-themes';
import { useEffect, useState } from 'react';
import { LanguageSelect } from '../../../_i18n/language-select.tsx';
import { signOut } from '../../../_lib/auth.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Button } from '../../../_ui/button.tsx';

const themes = ['system', 'light', 'dark'] as const;
const icons = { system: Monitor, light: Sun, dark: Moon };

/** Who is signed in; the language; the theme; the way out. */
export function AccountBar({ onSearch }: { onSearch?: () => void }) {
  const t = useTranslations('account');
  const { user } = useWorkspace();
  return (
    <div className="flex flex-col gap-2">
      {onSearch && (
        <Button onClick={onSearch} className="justify-start" shortcut="Ctrl K">
          <Search aria-hidden className="size-4" />
          <span className="flex-1 text-start font-normal text-muted">{t('search')}</span>
        </Button>
      )}
      <div className="border-line border-t px-2 pt-3">
        <p dir="auto" className="truncate font-medium leading-5 rtl:text-right">
          {user.name}
        </p>
        <p dir="ltr" className="truncate text-faint text-xs rtl:text-right">
          {user.email}
        </p>
      </div>
      <div className="flex items-center gap-1">
        <LanguageSelect />
        <span className="flex-1" />
        <ThemeButton />
        <Button
          variant="ghost"
          aria-label={t('signOut')}
          title={t('signOut')}
          className="px-2"
          onClick={() => void signOut().then(() => window.location.assign('/sign-in'))}
        >
          <LogOut aria-hidden className="size-4 rtl:-scale-x-100" />
        </Button>
      </div>
    </div>
  );
}

function ThemeButton() {
  const t = useTranslations('account');
  const { theme, setTheme } = useTheme();
  // The server does not know the choice, so the first render shows the default one.
  const [isMounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  const current = themes.find((name) => isMounted && name === theme) ?? 'system';
  const next = themes[(themes.indexOf(current) + 1) % themes.length] ?? 'system';
  const Icon = icons[current];
  return (
    <Button
      variant="ghost"
      aria-label={t('theme', { current: t(`themes.${current}`), next: t(`themes.${next}`) })}
      title={t('theme', { current: t(`themes.${current}`), next: t(`themes.${next}`) })}
      className="px-2"
      onClick={() => setTheme(next)}
    >
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}
