'use client';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import { strengthNames } from '../../../../../domain/label-settings.ts';
import { nothingSelected, type Selection } from '../../../../../domain/selection.ts';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { SelectRowCell, SelectShownCell } from '../../../../_ui/selection-cells.tsx';
import { SourceLine } from '../../../../_ui/source-line.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { useTierWords } from './use-tier-words.ts';

type Ranking = Outputs['rankings']['list']['items'][number];

interface RankingTableProps {
  rankings: Ranking[];
  /** Null: nothing can be chosen. */
  selection: Selection | null;
  onSelect: (selection: Selection) => void;
}

/** A ranking a row. Shift chooses all rows from the one chosen before; Escape lets all go. */
export function RankingTable({ rankings, selection, onSelect }: RankingTableProps) {
  const t = useTranslations('rankings');
  const words = useTierWords();
  const format = useFormatter();
  const ids = rankings.map(({ id }) => id);
  return (
    <Table label={t('title')}>
      <thead>
        <tr>
          {selection && (
            <SelectShownCell ids={ids} selection={selection} label={t('selectShown')} onSelect={onSelect} />
          )}
          <HeaderCell>{t('prompt')}</HeaderCell>
          <HeaderCell>{t('order')}</HeaderCell>
          <HeaderCell className="max-md:hidden">{t('said')}</HeaderCell>
          <HeaderCell className="text-end max-md:hidden">{t('time')}</HeaderCell>
        </tr>
      </thead>
      <tbody
        onKeyDown={(event) => {
          if (selection && event.key === 'Escape') onSelect(nothingSelected);
        }}
      >
        {rankings.map((ranking) => (
          <Row key={ranking.id} className="relative hover:bg-sunken">
            {selection && (
              <SelectRowCell
                id={ranking.id}
                ids={ids}
                selection={selection}
                label={t('select', { prompt: ranking.preview.slice(0, 80) })}
                onSelect={onSelect}
              />
            )}
            <Cell className="w-full max-w-0">
              <Link
                href={`/rankings/${ranking.id}`}
                prefetch={false}
                dir="auto"
                className="block truncate font-medium after:absolute after:inset-0"
              >
                {ranking.preview}
              </Link>
              <SourceLine source={{ ...ranking.source, createdAt: ranking.createdAt }} />
            </Cell>
            <Cell className="numeric whitespace-nowrap">{words(ranking.places)}</Cell>
            <Cell className="max-md:hidden">
              <Said ranking={ranking} />
            </Cell>
            <Cell className="numeric whitespace-nowrap text-end text-muted max-md:hidden">
              {ranking.durationMs !== null &&
                t('seconds', { seconds: format.number(ranking.durationMs / 1_000, { maximumFractionDigits: 0 }) })}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

/** What was said beside the order. */
function Said({ ranking }: { ranking: Ranking }) {
  const t = useTranslations('rankings');
  const levels = useTranslations('settings.strengths');
  return (
    <span className="flex flex-wrap gap-1">
      {ranking.retractedAt && <Badge tone="danger">{t('retracted')}</Badge>}
      {ranking.kind === 'adjudication' && <Badge tone="accent">{t('adjudication')}</Badge>}
      {ranking.isGold && <Badge tone="accent">{t('gold')}</Badge>}
      {ranking.overall && <Badge>{t(`overall.${ranking.overall}`)}</Badge>}
      {ranking.strength && <Badge>{levels(strengthNames[ranking.strength])}</Badge>}
      {ranking.flags > 0 && <Badge tone="warn">{t('flags', { count: ranking.flags })}</Badge>}
      {ranking.hasRationale && <Badge>{t('rationale')}</Badge>}
      {ranking.hasEdit && <Badge>{t('edit')}</Badge>}
    </span>
  );
}
