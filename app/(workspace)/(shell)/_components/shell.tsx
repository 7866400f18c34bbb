'use client';
// The frame around every page but the label page: places at the side (a menu on small screens), work in progress and
// the account below them.
import { Menu } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useState } from 'react';
import { tinykeys } from 'tinykeys';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Button } from '../../../_ui/button.tsx';
import { cx } from '../../../_ui/cx.ts';
import { Logo } from '../../../_ui/logo.tsx';
import { AccountBar } from './account-bar.tsx';
import { ActiveJobs } from './active-jobs.tsx';
import { isHere, placesFor } from './navigation.ts';
import { ProjectSwitch } from './project-switch.tsx';

const Palette = dynamic(() => import('./palette.tsx').then((module) => module.Palette));
const MenuDialog = dynamic(() => import('./menu-dialog.tsx').then((module) => module.MenuDialog));

export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('nav');
  const [opened, setOpened] = useState<'palette' | 'menu' | null>(null);

  useEffect(() => {
    const togglePalette = (event: KeyboardEvent) => {
      event.preventDefault();
      setOpened((now) => (now === 'palette' ? null : 'palette'));
    };
    return tinykeys(window, {
      '$mod+k': togglePalette,
      // Where the key at K's place writes another script.
      '$mod+KeyK': (event) => event.key > '\u007f' && togglePalette(event),
    });
  }, []);

  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-control bg-accent px-4 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:start-2 focus:top-2"
      >
        {t('skip')}
      </a>
      <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-line border-b bg-surface px-4 lg:hidden">
        <Home />
        <span className="flex-1" />
        <Button variant="ghost" aria-label={t('menu')} onClick={() => setOpened('menu')} className="px-2">
          <Menu aria-hidden className="size-5" />
        </Button>
      </header>
      <aside className="sticky top-0 hidden h-dvh flex-col gap-4 overflow-y-auto border-line border-e bg-surface px-3 py-4 lg:flex">
        <Home />
        <ProjectSwitch />
        <Places />
        <div className="flex-1" />
        <ActiveJobs />
        <AccountBar onSearch={() => setOpened('palette')} />
      </aside>
      <main id="content" tabIndex={-1} className="min-w-0 outline-none">
        {children}
      </main>
      {opened === 'palette' && <Palette onClose={() => setOpened(null)} />}
      {opened === 'menu' && (
        <MenuDialog onClose={() => setOpened(null)}>
          <ProjectSwitch />
          <Places onFollow={() => setOpened(null)} />
          <ActiveJobs />
          <AccountBar />
        </MenuDialog>
      )}
    </div>
  );
}

function Home() {
  const t = useTranslations('app');
  return (
    <Link href="/" className="flex items-center gap-2.5 rounded-control px-2 font-semibold tracking-tight">
      <Logo className="size-6" />
      {t('name')}
    </Link>
  );
}

function Places({ onFollow }: { onFollow?: () => void }) {
  const t = useTranslations('nav');
  const pathname = usePathname();
  const { user, project } = useWorkspace();
  return (
    <nav aria-label={t('landmark')}>
      <ul className="flex flex-col gap-0.5">
        {placesFor({ isAdmin: user.isAdmin, role: project.role }).map(({ key, href, icon: Icon }) => {
          const current = isHere(pathname, href);
          return (
            <li key={key}>
              <Link
                href={href}
                onClick={onFollow}
                aria-current={current ? 'page' : undefined}
                className={cx(
                  'flex h-9 items-center gap-3 rounded-control px-2.5 font-medium transition-colors lg:h-8',
                  current ? 'bg-accent-soft text-accent-text' : 'text-muted hover:bg-sunken hover:text-ink',
                )}
              >
                <Icon aria-hidden className="size-4" />
                {t(key)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
