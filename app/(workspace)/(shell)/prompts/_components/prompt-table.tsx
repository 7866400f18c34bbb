'use client';
import { Flag } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { nothingSelected, type Selection } from '../../../../../domain/selection.ts';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { SelectRowCell, SelectShownCell } from '../../../../_ui/selection-cells.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { TaskBadge } from './task-badge.tsx';

type Prompt = Outputs['prompts']['list']['items'][number];

interface PromptTableProps {
  prompts: Prompt[];
  /** Null: nothing can be chosen. */
  selection: Selection | null;
  onSelect: (selection: Selection) => void;
}

/** One row each. Space or a click chooses it, with Shift all rows from the one chosen before; Escape lets all go. */
export function PromptTable({ prompts, selection, onSelect }: PromptTableProps) {
  const t = useTranslations('prompts');
  const ids = prompts.map(({ id }) => id);
  return (
    <Table label={t('title')}>
      <thead>
        <tr>
          {selection && (
            <SelectShownCell ids={ids} selection={selection} label={t('selectShown')} onSelect={onSelect} />
          )}
          <HeaderCell>{t('prompt')}</HeaderCell>
          <HeaderCell className="max-sm:hidden">{t('split')}</HeaderCell>
          <HeaderCell className="text-end max-sm:hidden">{t('responses')}</HeaderCell>
          <HeaderCell>{t('state')}</HeaderCell>
        </tr>
      </thead>
      <tbody
        onKeyDown={(event) => {
          if (selection && event.key === 'Escape') onSelect(nothingSelected);
        }}
      >
        {prompts.map((prompt) => (
          <Row key={prompt.id} className="relative hover:bg-sunken">
            {selection && (
              <SelectRowCell
                id={prompt.id}
                ids={ids}
                selection={selection}
                label={t('select', { prompt: prompt.preview.slice(0, 80) })}
                onSelect={onSelect}
              />
            )}
            <Cell className="w-full max-w-0">
              <Link
                href={`/prompts/${prompt.id}`}
                prefetch={false}
                dir="auto"
                className="block truncate font-medium after:absolute after:inset-0"
              >
                {prompt.preview}
              </Link>
              <Marks prompt={prompt} />
            </Cell>
            <Cell className="max-sm:hidden">
              <Badge>{t(`splits.${prompt.split}`)}</Badge>
            </Cell>
            <Cell className="numeric text-end text-muted max-sm:hidden">{prompt.responseCount}</Cell>
            <Cell>
              <TaskBadge status={prompt.taskStatus} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

/** What sets a prompt apart; nothing for most. */
function Marks({ prompt }: { prompt: Prompt }) {
  const t = useTranslations('prompts');
  const words = [
    prompt.turns > 1 && t('turns', { count: prompt.turns }),
    prompt.priority !== 0 && t('priorityOf', { priority: prompt.priority }),
    prompt.language,
    ...prompt.qualifications,
    ...prompt.tags,
    prompt.batch,
  ].filter((word) => word !== false && word !== null);
  if (words.length === 0 && !prompt.isFlagged && !prompt.isGold && !prompt.isPaused) return null;
  return (
    <p className="mt-0.5 flex items-center gap-1.5 overflow-hidden text-faint text-xs">
      {prompt.isFlagged && (
        <Badge tone="warn">
          <Flag aria-hidden className="size-3" />
          {t('flagged')}
        </Badge>
      )}
      {prompt.isGold && <Badge tone="accent">{t('gold')}</Badge>}
      {prompt.isPaused && <Badge>{t('paused')}</Badge>}
      <span className="truncate">{words.join(' · ')}</span>
    </p>
  );
}
