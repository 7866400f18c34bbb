'use client';
import { useTranslations } from 'next-intl';
import { NumberSetting } from './number-setting.tsx';
import { Section, Switch } from './section.tsx';
import type { LabellingPartProps } from './settings-draft.ts';

/** Gold, the onboarding test, and which tasks a reviewer looks at. Shares are shown in percent. */
export function QualitySection({ labelling, onChange }: LabellingPartProps) {
  const t = useTranslations('settings.quality');
  const { goldRate, onboarding, reviewBelow, showsOwnReport } = labelling;
  const percent = (share: number) => Math.round(share * 1000) / 10;
  return (
    <Section title={t('title')} text={t('text')}>
      <div className="grid gap-5 sm:grid-cols-2">
        <NumberSetting
          label={t('goldRate')}
          hint={t('goldRateHint')}
          value={percent(goldRate)}
          onChange={(rate) => onChange({ goldRate: rate / 100 })}
          min={0}
          max={50}
          step="any"
        />
        <NumberSetting
          label={t('reviewBelow')}
          hint={t('reviewBelowHint')}
          value={percent(reviewBelow)}
          onChange={(below) => onChange({ reviewBelow: below / 100 })}
          min={0}
          max={100}
          step="any"
        />
      </div>
      <Switch
        label={t('onboarding')}
        hint={t('onboardingHint')}
        checked={onboarding.isRequired}
        onChange={(isRequired) => onChange({ onboarding: { ...onboarding, isRequired } })}
      />
      {onboarding.isRequired && (
        <NumberSetting
          label={t('passAccuracy')}
          hint={t('passAccuracyHint')}
          value={percent(onboarding.passAccuracy)}
          onChange={(share) => onChange({ onboarding: { ...onboarding, passAccuracy: share / 100 } })}
          min={50}
          max={100}
          step="any"
          className="max-w-32"
        />
      )}
      <Switch
        label={t('ownReport')}
        hint={t('ownReportHint')}
        checked={showsOwnReport}
        onChange={(checked) => onChange({ showsOwnReport: checked })}
      />
    </Section>
  );
}
