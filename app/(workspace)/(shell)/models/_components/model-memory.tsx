'use client';
// What a model needs in memory, against what each worker's device has: said before anything is loaded.
import { useTranslations } from 'next-intl';
import { judgeMemory, type MemoryVerdict, type ModelFacts } from '../../../../../domain/models.ts';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';
import { useBytes } from './use-bytes.ts';

type Device = Outputs['models']['devices'][number];

const tones: { [V in MemoryVerdict]: Tone } = { fits: 'success', tight: 'warn', 'too-large': 'danger' };

export function ModelMemory({ facts, devices }: { facts: ModelFacts; devices: Device[] }) {
  const t = useTranslations('models.memory');
  const known = devices.flatMap(({ memory }) => (memory ? [memory] : []));
  const { rows, length } = facts.memory;
  return (
    <div className="rounded-control bg-sunken p-3">
      <h3 className="font-medium text-[13px]">{t('title')}</h3>
      {known.length === 0 ? (
        <Needs facts={facts} kind="cpu" device={null} />
      ) : (
        known.map((device) => (
          <Needs key={`${device.kind} ${device.name}`} facts={facts} kind={device.kind} device={device} />
        ))
      )}
      <p className="mt-2 text-[13px] text-faint">{t('batch', { rows, length })}</p>
    </div>
  );
}

interface NeedsProps {
  facts: ModelFacts;
  kind: 'cpu' | 'cuda';
  device: NonNullable<Device['memory']> | null;
}

function Needs({ facts, kind, device }: NeedsProps) {
  const t = useTranslations('models.memory');
  const bytes = useBytes();
  const isWidened = kind === 'cpu' && facts.dtypes.some((dtype) => dtype !== 'F32');
  return (
    <div className="mt-2">
      <p className="text-[13px] text-muted">
        {device
          ? t('device', { name: device.name, free: bytes(device.freeBytes), total: bytes(device.totalBytes) })
          : t('noDevice')}
      </p>
      <ul className="mt-1 flex flex-col gap-1">
        {facts.memory.needs
          .filter((need) => need.device === kind)
          .map((need) => {
            const verdict = device && judgeMemory(need.total, device);
            return (
              <li key={need.precision} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="numeric w-16 font-mono text-[13px]">{need.precision}</span>
                <span className="numeric">{bytes(need.total)}</span>
                <span className="numeric min-w-0 flex-1 text-[13px] text-faint">
                  {t('parts', { weights: bytes(need.weights), kv: bytes(need.kv) })}
                </span>
                {verdict && <Badge tone={tones[verdict]}>{t(`verdicts.${verdict}`)}</Badge>}
              </li>
            );
          })}
      </ul>
      {isWidened && <p className="mt-1 text-[13px] text-faint">{t('widened')}</p>}
    </div>
  );
}
