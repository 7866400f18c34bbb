import './tokens.css';
import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import { getLocale, getTranslations } from 'next-intl/server';
import { ThemeProvider } from 'next-themes';
import type { ReactNode } from 'react';
import { locales } from '../domain/locales.ts';
import { entranceNamespaces } from './_i18n/namespaces.ts';
import { PageMessages } from './_i18n/page-messages.tsx';
import { DirectionProvider } from './_ui/direction.tsx';
import { Toaster } from './_ui/toaster.tsx';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('app');
  return { title: { default: t('name'), template: `%s · ${t('name')}` }, description: t('tagline') };
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f8f9fb' },
    { media: '(prefers-color-scheme: dark)', color: '#0f1115' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  const locale = await getLocale();
  const { direction } = locales[locale];
  return (
    // next-themes sets the class before the first paint, which React would otherwise report as a difference.
    <html lang={locale} dir={direction} suppressHydrationWarning>
      <body className="min-h-dvh">
        <PageMessages namespaces={entranceNamespaces}>
          <ThemeProvider attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange nonce={nonce}>
            <DirectionProvider dir={direction}>
              {children}
              <Toaster dir={direction} />
            </DirectionProvider>
          </ThemeProvider>
        </PageMessages>
      </body>
    </html>
  );
}
