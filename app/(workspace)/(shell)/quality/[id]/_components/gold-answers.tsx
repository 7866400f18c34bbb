'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { useFigureWords } from '../../_components/figure-value.tsx';

/** The gold tasks that they answered, worst first. */
export function GoldAnswers({ answers }: { answers: Outputs['quality']['person']['gold'] }) {
  const t = useTranslations('quality.report');
  const uses = useTranslations('gold.use');
  const { percent } = useFigureWords();
  return (
    <div>
      <h2 className="mb-3 font-semibold text-base">{t('goldTasks')}</h2>
      {answers.length === 0 ? (
        <p className="text-muted">{t('noGold')}</p>
      ) : (
        <Table label={t('goldTasks')}>
          <thead>
            <tr>
              <HeaderCell>{t('goldTask')}</HeaderCell>
              <HeaderCell>{t('goldUse')}</HeaderCell>
              <HeaderCell>{t('goldAccuracy')}</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {answers.map(({ taskId, use, accuracy, score }, index) => (
              <Row key={taskId}>
                <Cell>
                  <Link
                    href={`/review/${taskId}`}
                    prefetch={false}
                    className="rounded-control underline underline-offset-4"
                  >
                    {t('openTask', { number: index + 1 })}
                  </Link>
                </Cell>
                <Cell className="text-muted">{uses(use)}</Cell>
                <Cell className="numeric">
                  {percent(accuracy)}
                  <span className="ms-2 text-[13px] text-faint">{t('goldOf', { ...score })}</span>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
    </div>
  );
}
