'use client';
// How each person of the project ranks, in one table; whoever has something to look at stands first.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download, Gauge, Medal } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../_ui/button-link.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { AlarmBadges } from './alarms.tsx';
import { downloadReport } from './download-report.ts';
import { FigureValue, useFigureWords } from './figure-value.tsx';
import { Together } from './together.tsx';
import { usePersonName } from './use-person-name.ts';
import { useSpan } from './use-span.tsx';

type Person = Outputs['quality']['overview']['people'][number];

const columns = ['agreement', 'gold', 'time', 'ties', 'skips', 'tooFast'] as const;

/** A report reads every ranking of the span: it is not asked for anew at each glance. */
const freshForMs = 60_000;

export function PeopleReport() {
  const t = useTranslations('quality');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const nameOf = usePersonName();
  const { since, field } = useSpan();
  const { data, error, refetch, isFetching } = useQuery(
    trpc.quality.overview.queryOptions(
      { projectId: project.id, since },
      { placeholderData: keepPreviousData, staleTime: freshForMs },
    ),
  );
  const people = data && worstFirst(data.people);
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <>
          {field}
          {people && (
            <Button onClick={() => downloadReport(people, nameOf)}>
              <Download aria-hidden className="size-4" />
              {t('csv')}
            </Button>
          )}
          {project.role === 'admin' && (
            <ButtonLink href="/quality/gold">
              <Medal aria-hidden className="size-4" />
              {t('goldAndOnboarding')}
            </ButtonLink>
          )}
        </>
      }
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !people || !data ? (
        <SkeletonList rows={6} />
      ) : people.length === 0 ? (
        <Empty icon={Gauge} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <div aria-busy={isFetching} className="flex flex-col gap-6">
          <Together together={data.together} />
          <Table label={t('title')}>
            <thead>
              <tr>
                <HeaderCell>{t('person')}</HeaderCell>
                <HeaderCell className="text-end">{t('rankings')}</HeaderCell>
                {columns.map((column) => (
                  <HeaderCell key={column} className="text-end">
                    {t(column)}
                  </HeaderCell>
                ))}
                <HeaderCell>{t('alarms')}</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {people.map((person) => (
                <PersonRow key={person.userId} person={person} name={nameOf(person)} />
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </Page>
  );
}

function worstFirst(people: Person[]): Person[] {
  return people.toSorted(
    (one, other) =>
      other.report.alarms.length - one.report.alarms.length || other.report.rankings - one.report.rankings,
  );
}

function PersonRow({ person, name }: { person: Person; name: string }) {
  const t = useTranslations('quality');
  const { percent, seconds, number } = useFigureWords();
  const { report } = person;
  const figures = [report.agreement, report.gold, null, report.ties, report.skips, report.tooFast];
  return (
    <Row>
      <Cell className="whitespace-nowrap font-medium">
        <Link
          href={`/quality/${person.userId}`}
          prefetch={false}
          className="rounded-control underline-offset-4 hover:underline"
        >
          {name}
        </Link>
        <span className="ms-2 font-normal text-[13px] text-faint">
          {person.role ? t(`roles.${person.role}`) : t('guest')}
        </span>
      </Cell>
      <Cell className="numeric text-end">{number(report.rankings)}</Cell>
      {columns.map((column, index) => {
        const figure = figures[index];
        return (
          <Cell key={column} className="text-end">
            {figure ? (
              <FigureValue figure={figure} compact>
                {percent}
              </FigureValue>
            ) : (
              <FigureValue figure={report.time} compact>
                {({ median }) => seconds(median)}
              </FigureValue>
            )}
          </Cell>
        );
      })}
      <Cell>
        <AlarmBadges alarms={report.alarms} />
      </Cell>
    </Row>
  );
}
