import { getTranslations } from 'next-intl/server';
import { buttonClass } from './_ui/button-class.ts';

export default async function NotFound() {
  const t = await getTranslations('notFound');
  return (
    <main className="grid min-h-dvh place-items-center px-4">
      <div className="text-center">
        <h1 className="font-semibold text-xl">{t('title')}</h1>
        <p className="mt-1 mb-6 text-muted">{t('text')}</p>
        {/* No Link: every page carries this one along, and would load its code. */}
        <a href="/" className={buttonClass('primary', 'md')}>
          {t('home')}
        </a>
      </div>
    </main>
  );
}
