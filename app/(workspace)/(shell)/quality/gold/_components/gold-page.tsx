'use client';
import { useTranslations } from 'next-intl';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Page } from '../../../../../_ui/page.tsx';
import { GoldList } from './gold-list.tsx';
import { OnboardingList } from './onboarding-list.tsx';

/** The gold tasks with how people do on them, and the onboarding test's results. */
export function GoldPage() {
  const t = useTranslations('gold');
  return (
    <Page title={t('title')} intro={t('intro')} back={<BackLink href="/quality">{t('back')}</BackLink>}>
      <div className="flex flex-col gap-8">
        <GoldList />
        <OnboardingList />
      </div>
    </Page>
  );
}
