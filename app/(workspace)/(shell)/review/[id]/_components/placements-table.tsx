'use client';
// Who put which response where: a row a response, a column a person. What stands apart from most is marked by an arrow
// and by weight, and said in words to screen readers; beside it stand the gold ranking and a reviewer's.
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { Placement } from '../../../../../../domain/disagreement.ts';
import { cx } from '../../../../../_ui/cx.ts';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { useFigureWords } from '../../../quality/_components/figure-value.tsx';
import type { ReviewTask } from './task.ts';
import { useLetterName } from './use-letter-name.ts';

export function PlacementsTable({ task }: { task: ReviewTask }) {
  const t = useTranslations('review.task');
  const { percent } = useFigureWords();
  const nameOf = useLetterName();
  if (task.annotations.length === 0) return <p className="text-muted">{t('nobody')}</p>;
  const others = [
    ...(task.gold ? [{ name: t('goldColumn'), tiers: task.gold.tiers }] : []),
    ...(task.adjudication ? [{ name: t('adjudication'), tiers: task.adjudication.tiers }] : []),
  ];
  return (
    <>
      <p className="text-muted">
        {task.agreement === null
          ? t('noAgreement')
          : t('agreementLine', { agreement: percent(task.agreement), wanted: percent(task.reviewBelow) })}{' '}
        {task.annotations.length > 1 && t('rankingsHint')}
      </p>
      <Table label={t('rankings')}>
        <thead>
          <tr>
            <HeaderCell>
              <span className="sr-only">{t('responses')}</span>
            </HeaderCell>
            {task.annotations.map((annotation) => (
              <HeaderCell key={annotation.rankingId}>{nameOf(annotation)}</HeaderCell>
            ))}
            {others.map(({ name }) => (
              <HeaderCell key={name} className="border-s">
                {name}
              </HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {task.responses.map((response, index) => (
            <Row key={response.id}>
              <Cell className="numeric whitespace-nowrap font-medium">{t('response', { number: index + 1 })}</Cell>
              {task.annotations.map(({ rankingId }, column) => {
                const placement = response.placements[column];
                return <Cell key={rankingId}>{placement && <PlacementCell placement={placement} />}</Cell>;
              })}
              {others.map(({ name, tiers }) => {
                const tier = tiers.findIndex((members) => members.includes(response.id));
                return (
                  <Cell key={name} className="numeric border-line border-s">
                    {t('place', { place: tier + 1 })}
                    {(tiers[tier]?.length ?? 0) > 1 && <span className="ms-1 text-faint">{t('tied')}</span>}
                  </Cell>
                );
              })}
            </Row>
          ))}
        </tbody>
      </Table>
    </>
  );
}

const marks = { higher: ArrowUp, same: null, lower: ArrowDown };

function PlacementCell({ placement: { place, isTied, against } }: { placement: Placement }) {
  const t = useTranslations('review.task');
  const Mark = marks[against];
  return (
    <span className={cx('numeric inline-flex items-center gap-1', against !== 'same' && 'font-semibold text-warn')}>
      {t('place', { place })}
      {isTied && <span className="font-normal text-faint">{t('tied')}</span>}
      {Mark && <Mark aria-hidden className="size-3.5" />}
      {against !== 'same' && <span className="sr-only">{t(against)}</span>}
    </span>
  );
}
