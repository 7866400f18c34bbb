// Argilla's exports. 2.x: `to_json` gives {fields, responses: {question: [{value, user_id}]}, suggestions: {question: {value}}},
// the Hub has columns question.responses, question.responses.status, question.suggestion (argilla/records/_io/_generic.py).
// 1.x: {fields, responses: [{values, status}], suggestions: [{question_name, value}]}; columns question, question-suggestion.
import type { Tiers } from '../../ranking.ts';
import { type ShapeResult, skipped } from '../prompt.ts';
import { answerColumns, findNamed, type NamedResponse, namedTiers, preferred, promptFrom } from './answers.ts';
import { asRow, field, listField, numberOf, type Row, rowField, textField } from './fields.ts';

/** What people answered (submitted), and what a model suggested, whatever the question. */
interface Answers {
  people: unknown[];
  suggestions: unknown[];
}

/** Each way in which Argilla writes a record: the fields in it, and the answers. */
interface Form {
  fits: (row: Row) => boolean;
  fields: (row: Row) => Row;
  answers: (row: Row) => Answers;
}

const isSubmitted = (status: unknown) => status === undefined || status === null || status === 'submitted';
const nestedFields = (row: Row) => rowField(row, 'fields') ?? rowField(row, 'inputs') ?? {};
const isNested = (row: Row) =>
  (rowField(row, 'fields') ?? rowField(row, 'inputs')) !== null &&
  ['responses', 'suggestions'].some((name) => typeof field(row, name) === 'object');
const keysEnding = (row: Row, ending: string) => Object.keys(row).filter((key) => key.endsWith(ending));

const forms: readonly Form[] = [
  {
    fits: (row) => isNested(row) && !(listField(row, 'responses') ?? listField(row, 'suggestions')),
    fields: nestedFields,
    answers: (row) => ({
      people: Object.values(rowField(row, 'responses') ?? {})
        .flatMap((answers) => (Array.isArray(answers) ? answers : []))
        .map(asRow)
        .filter((answer) => answer !== null && isSubmitted(field(answer, 'status')))
        .map((answer) => field(answer ?? {}, 'value')),
      suggestions: Object.values(rowField(row, 'suggestions') ?? {}).map((given) => field(asRow(given) ?? {}, 'value')),
    }),
  },
  {
    fits: isNested,
    fields: nestedFields,
    answers: (row) => ({
      people: (listField(row, 'responses') ?? [])
        .map(asRow)
        .filter((response) => response !== null && isSubmitted(field(response, 'status')))
        .flatMap((response) => Object.values(rowField(response ?? {}, 'values') ?? {}))
        .map((answer) => field(asRow(answer) ?? {}, 'value')),
      suggestions: (listField(row, 'suggestions') ?? []).map((given) => field(asRow(given) ?? {}, 'value')),
    }),
  },
  {
    fits: (row) => keysEnding(row, '.responses').length > 0 || keysEnding(row, '.suggestion').length > 0,
    fields: (row) => row,
    answers: (row) => ({
      people: keysEnding(row, '.responses').flatMap((key) => {
        const statuses = listField(row, `${key}.status`) ?? [];
        return (listField(row, key) ?? []).filter((_, index) => isSubmitted(statuses[index]));
      }),
      suggestions: keysEnding(row, '.suggestion').map((key) => field(row, key)),
    }),
  },
  {
    fits: (row) => keysEnding(row, suggestionEnding).length > 0,
    fields: (row) => row,
    answers: (row) => {
      const questions = keysEnding(row, suggestionEnding).map((key) => key.slice(0, -suggestionEnding.length));
      return {
        people: questions
          .flatMap((question) => recordsOf(field(row, question)))
          .filter((answer) => isSubmitted(field(answer, 'status')))
          .map((answer) => field(answer, 'value')),
        suggestions: questions.map((question) => field(row, `${question}-suggestion`)),
      };
    },
  },
];

const suggestionEnding = '-suggestion-metadata';

const formOf = (row: Row) => forms.find(({ fits }) => fits(row));

export const isArgilla = (row: Row) => formOf(row) !== undefined;

/** Rankings by people; where nobody answered, those that were suggested. */
export function readArgilla(row: Row): ShapeResult {
  const form = formOf(row);
  if (!form) return skipped('wrong-shape', 'it is no record of Argilla: its fields or its answers are missing');
  const fields = form.fields(row);
  const messages = promptFrom(fields);
  if (!messages) return skipped('wrong-shape', 'none of its fields is a prompt, an instruction or a question');
  const responses = answerColumns(fields);
  if (responses.length === 0) return { draft: { messages } };
  const answers = form.answers(row);
  const people = answers.people.flatMap((value) => readRanking(responses, value) ?? []);
  const stated =
    people.length > 0 ? people : answers.suggestions.flatMap((value) => readRanking(responses, value) ?? []);
  return {
    draft: {
      messages,
      responses,
      rankings: stated.flatMap((ranking) => (ranking === 'unclear' ? [] : [ranking])),
      hasUnreadableRanking: stated.includes('unclear'),
    },
  };
}

/** An answer as tiers; null where its question was no ranking. */
function readRanking(responses: readonly NamedResponse[], value: unknown): (Tiers | 'unclear')[] | null {
  if (typeof value === 'string') {
    const index = findNamed(responses, value);
    const tiers = index === null ? null : preferred(responses, index);
    return tiers && [tiers];
  }
  const ranks = recordsOf(value);
  if (ranks.length > 0 && ranks.every((rank) => textField(rank, 'value') !== null)) {
    return [namedTiers(responses, tiersOfRanks(ranks)) ?? 'unclear'];
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) return null;
  // A list of labels is a ranking only if it is of responses.
  const isOfResponses = value.some((name) => findNamed(responses, name) !== null);
  return isOfResponses
    ? [
        namedTiers(
          responses,
          value.map((name) => [name]),
        ) ?? 'unclear',
      ]
    : null;
}

/** [{rank, value}] by rank, equal ranks tied; by their order where no ranks are given. */
function tiersOfRanks(ranks: readonly Row[]): string[][] {
  const tiers = new Map<number, string[]>();
  for (const [index, rank] of ranks.entries()) {
    const place = numberOf(field(rank, 'rank')) ?? index + 1;
    tiers.set(place, [...(tiers.get(place) ?? []), textField(rank, 'value') ?? '']);
  }
  return [...tiers].sort(([one], [other]) => one - other).map(([, names]) => names);
}

/** A list of records, also where parquet keeps it as a record of lists. */
function recordsOf(value: unknown): Row[] {
  if (Array.isArray(value)) return value.map(asRow).filter((row) => row !== null);
  const row = asRow(value);
  const columns = row ? Object.entries(row).filter(([, list]) => Array.isArray(list)) : [];
  const length = Math.max(0, ...columns.map(([, list]) => (list as unknown[]).length));
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(columns.map(([name, list]) => [name, (list as unknown[])[index]])),
  );
}
