'use client';
import { useTranslations } from 'next-intl';
import { type Alarm, alarmThresholds } from '../../../../../domain/annotator-report.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { useFigureWords } from './figure-value.tsx';

const thresholdOf: { [A in Alarm]: number } = {
  'low-agreement': alarmThresholds.agreement,
  'low-gold': alarmThresholds.gold,
  ties: alarmThresholds.tiesAll,
  skips: alarmThresholds.skips,
  'first-position': alarmThresholds.positionExcess,
  'last-position': alarmThresholds.positionExcess,
  longer: alarmThresholds.longer,
  shorter: alarmThresholds.shorter,
  'too-fast': alarmThresholds.tooFast,
};

/** What to look at, in a few words each. */
export function AlarmBadges({ alarms }: { alarms: readonly Alarm[] }) {
  const t = useTranslations('quality');
  if (alarms.length === 0) return <span className="text-[13px] text-faint">{t('noAlarm')}</span>;
  return (
    <ul className="flex flex-wrap gap-1">
      {alarms.map((alarm) => (
        <li key={alarm} className="flex">
          <Badge tone="warn">{t(`alarm.${alarm}`)}</Badge>
        </li>
      ))}
    </ul>
  );
}

/** The same with what each one means. */
export function AlarmList({ alarms }: { alarms: readonly Alarm[] }) {
  const t = useTranslations('quality');
  const { percent } = useFigureWords();
  if (alarms.length === 0) return null;
  return (
    <ul className="flex flex-col gap-2">
      {alarms.map((alarm) => (
        <li key={alarm} className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <Badge tone="warn">{t(`alarm.${alarm}`)}</Badge>
          <span className="text-muted">
            {t(`alarmText.${alarm}`, { threshold: percent(thresholdOf[alarm]), pairs: percent(alarmThresholds.ties) })}
          </span>
        </li>
      ))}
    </ul>
  );
}
