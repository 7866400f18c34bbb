'use client';
// `✎2 › 2 › 1 = 4 › 3`: the ranking as it stands, with an edit above all and a dot for each place still open. The live
// region says the same in words.
import { Pencil } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import type { Tiers } from '../../../../domain/ranking.ts';
import { cx } from '../../../_ui/cx.ts';

interface OrderProps {
  tiers: Tiers;
  count: number;
  edited?: number | null;
  className?: string;
}

export function Order({ tiers, count, edited = null, className }: OrderProps) {
  const open = Array.from({ length: Math.max(0, count - tiers.flat().length) }, (_, slot) => `open-${slot}`);
  const chips: { key: string; chip: ReactNode }[] = [
    ...(edited === null ? [] : [{ key: 'edit', chip: <EditedChip index={edited} /> }]),
    ...tiers.map((tier) => ({ key: tier.join(), chip: <TierChip tier={tier} /> })),
    ...open.map((key) => ({ key, chip: <OpenChip /> })),
  ];
  return (
    <div aria-hidden className={cx('flex flex-wrap items-center gap-1.5 font-mono text-[15px]', className)}>
      {chips.map(({ key, chip }, place) => (
        <Fragment key={key}>
          {place > 0 && <span className="text-faint">›</span>}
          {chip}
        </Fragment>
      ))}
    </div>
  );
}

const chipClass = 'flex h-7 items-center gap-1 rounded-control px-2 font-semibold';

function TierChip({ tier }: { tier: readonly number[] }) {
  return (
    <span className={cx(chipClass, 'bg-accent-soft text-accent-text')}>
      {tier.map((response) => response + 1).join(' = ')}
    </span>
  );
}

function EditedChip({ index }: { index: number }) {
  return (
    <span className={cx(chipClass, 'bg-success-soft text-success')}>
      <Pencil className="size-3.5" />
      {index + 1}
    </span>
  );
}

function OpenChip() {
  return <span className="size-7 rounded-control border border-control/60 border-dashed" />;
}
