'use client';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';

type Previewed = Outputs['imports']['preview']['prompts'][number];

/** The first prompts as they will stand, with what came with them. */
export function PreviewTable({ prompts }: { prompts: Previewed[] }) {
  const t = useTranslations('imports.preview');
  if (prompts.length === 0) return <p className="text-muted">{t('none')}</p>;
  return (
    <Table label={t('first')}>
      <thead>
        <tr>
          <HeaderCell>{t('place')}</HeaderCell>
          <HeaderCell>{t('prompt')}</HeaderCell>
          <HeaderCell>{t('responses')}</HeaderCell>
        </tr>
      </thead>
      <tbody>
        {prompts.map(({ place, prompt }) => (
          <Row key={place.number}>
            <Cell className="numeric whitespace-nowrap align-top text-faint">
              {t(`places.${place.unit}`, { number: place.number })}
            </Cell>
            <Cell className="min-w-56 align-top">
              <PromptCell prompt={prompt} />
            </Cell>
            <Cell className="min-w-56 align-top">
              <ResponsesCell prompt={prompt} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function PromptCell({ prompt }: Pick<Previewed, 'prompt'>) {
  const t = useTranslations('imports.preview');
  const last = prompt.messages.at(-1);
  const labels = [prompt.persona, prompt.language, ...prompt.tags, ...prompt.qualifications].filter(
    (label) => label !== null,
  );
  return (
    <>
      <p dir="auto" className="line-clamp-3 whitespace-pre-wrap break-words">
        {last?.content}
      </p>
      {prompt.messages.length > 1 && (
        <p className="text-[13px] text-faint">{t('turns', { count: prompt.messages.length })}</p>
      )}
      {labels.length > 0 && (
        <p className="mt-1 flex flex-wrap gap-1">
          {labels.map((label) => (
            <Badge key={label}>{label}</Badge>
          ))}
        </p>
      )}
    </>
  );
}

function ResponsesCell({ prompt }: Pick<Previewed, 'prompt'>) {
  const t = useTranslations('imports.preview');
  if (prompt.responses.length === 0) return <span className="text-faint">{t('noResponses')}</span>;
  const [ranking] = prompt.rankings;
  const placeOf = (index: number) => (ranking?.findIndex((tier) => tier.includes(index)) ?? -1) + 1;
  return (
    <ol className="flex flex-col gap-1">
      {prompt.responses.map((response, index) => (
        <li key={response.text} className="flex gap-2">
          {ranking && <Badge tone="accent">{t('rank', { place: placeOf(index) })}</Badge>}
          <span dir="auto" className="line-clamp-2 min-w-0 break-words">
            {response.text}
          </span>
        </li>
      ))}
      {prompt.rankings.length > 1 && (
        <li className="text-[13px] text-faint">{t('moreRankings', { count: prompt.rankings.length })}</li>
      )}
    </ol>
  );
}
