// The table as a CSV file: every figure with its n, numbers as numbers, so that other programs can go on with them.
import type { Figure } from '../../../../../domain/annotator-report.ts';
import { toCsv } from '../../../../../domain/csv.ts';
import type { Outputs } from '../../../../_trpc/context.ts';

type Person = Outputs['quality']['overview']['people'][number];
type Value = (report: Person['report']) => Figure<number>;

const of = <V>(figure: Figure<V>, part: (value: V) => number): Figure => ({
  ...figure,
  value: figure.value === null ? null : part(figure.value),
});

/** Column names are for programs: they stay as they are in every language. */
const figures: Record<string, Value> = {
  agreement: ({ agreement }) => agreement,
  gold_accuracy: ({ gold }) => gold,
  time_median_ms: ({ time }) => of(time, ({ median }) => median),
  time_lower_quartile_ms: ({ time }) => of(time, ({ lower }) => lower),
  time_upper_quartile_ms: ({ time }) => of(time, ({ upper }) => upper),
  tied_pairs: ({ ties }) => ties,
  tied_all: ({ tiesAll }) => tiesAll,
  skipped: ({ skips }) => skips,
  too_fast: ({ tooFast }) => tooFast,
  first_shown_best: ({ positions }) => of(positions.first, ({ first }) => first),
  first_shown_expected: ({ positions }) => of(positions.first, ({ expected }) => expected),
  first_shown_p: ({ positions }) => of(positions.first, ({ p }) => p),
  last_shown_best: ({ positions }) => of(positions.last, ({ first }) => first),
  last_shown_expected: ({ positions }) => of(positions.last, ({ expected }) => expected),
  last_shown_p: ({ positions }) => of(positions.last, ({ p }) => p),
  longer_wins: ({ length }) => of(length, ({ share }) => share),
  longer_wins_lower: ({ length }) => of(length, ({ lower }) => lower),
  longer_wins_upper: ({ length }) => of(length, ({ upper }) => upper),
};

export function downloadReport(people: readonly Person[], nameOf: (person: Person) => string): void {
  const names = Object.keys(figures).flatMap((name) => [name, `${name}_n`]);
  const rows = people.map((person) => [
    nameOf(person),
    person.role,
    person.report.rankings,
    ...Object.values(figures).flatMap((figure) => {
      const { value, n } = figure(person.report);
      return [value, n];
    }),
    person.report.alarms.join(' '),
  ]);
  const csv = toCsv([['person', 'role', 'rankings', ...names, 'alarms'], ...rows]);
  const url = URL.createObjectURL(new Blob([csv], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `quality-${new Date().toISOString().slice(0, 10)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
