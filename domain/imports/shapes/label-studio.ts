// Label Studio's JSON export (docs/source/guide/task_format.md): {data, annotations: [{result}]}, with the tags that its
// templates for language models use: Ranker over a List, Pairwise over two texts, Choices (docs/source/tags/*.md).
import type { Tiers } from '../../ranking.ts';
import { type ShapeResult, skipped } from '../prompt.ts';
import {
  answerColumns,
  answerList,
  findNamed,
  type NamedResponse,
  namedTiers,
  preferred,
  promptFrom,
} from './answers.ts';
import { asRow, field, listField, type Row, rowField, textField } from './fields.ts';

const listColumns = ['items', 'answers', 'responses', 'completions', 'candidates'] as const;

export const isLabelStudio = (row: Row) =>
  rowField(row, 'data') !== null && ['annotations', 'predictions'].some((name) => listField(row, name) !== null);

/** Rankings by people; where nobody annotated, those that were predicted. */
export function readLabelStudio(row: Row): ShapeResult {
  const data = rowField(row, 'data');
  if (!data) return skipped('wrong-shape', 'it is no task of Label Studio: "data" is missing');
  const messages = promptFrom(data);
  if (!messages) return skipped('wrong-shape', 'its data has no prompt, question or conversation');
  const responses = responsesOf(data);
  if (!responses) return skipped('wrong-shape', 'an item of its list has no text');
  const people = statedIn(listField(row, 'annotations') ?? [], responses);
  const stated = people.length > 0 ? people : statedIn(listField(row, 'predictions') ?? [], responses);
  return {
    draft: {
      messages,
      responses,
      rankings: stated.flatMap((ranking) => (ranking === 'unclear' ? [] : [ranking])),
      hasUnreadableRanking: stated.includes('unclear'),
    },
  };
}

function responsesOf(data: Row): NamedResponse[] | null {
  const list = listColumns.map((name) => listField(data, name)).find((found) => found !== null);
  return list ? answerList(list) : answerColumns(data);
}

type Stated = Tiers | 'unclear';

function statedIn(annotations: readonly unknown[], responses: readonly NamedResponse[]): Stated[] {
  return annotations
    .map(asRow)
    .filter((annotation) => annotation !== null && field(annotation, 'was_cancelled') !== true)
    .flatMap((annotation) => (listField(annotation ?? {}, 'result') ?? []).map(asRow))
    .flatMap((result) => {
      const type = result && textField(result, 'type');
      const value = result && rowField(result, 'value');
      const isKnown = typeof type === 'string' && Object.hasOwn(resultTypes, type);
      return isKnown && value ? (resultTypes[type as ResultType](value, responses, result) ?? []) : [];
    });
}

type ResultType = 'ranker' | 'pairwise' | 'choices';

/** What a result says of the responses; null where it says nothing of them. */
const resultTypes: {
  [T in ResultType]: (value: Row, responses: readonly NamedResponse[], result: Row) => Stated[] | null;
} = {
  // A list is an order, best first. Buckets are kinds with names of their own: nobody said that they are an order.
  ranker: (value, responses) => {
    const order = listField(value, 'ranker');
    if (!order) return ['unclear'];
    return [
      namedTiers(
        responses,
        order.map((id) => [String(id)]),
      ) ?? 'unclear',
    ];
  },
  pairwise: (value, responses, result) => {
    const side = textField(value, 'selected');
    if (responses.length !== 2 || (side !== 'left' && side !== 'right')) return ['unclear'];
    // "answer1,answer2": the left one first. The tags' names need not be those of the data.
    const [left, right] = (textField(result, 'to_name') ?? '')
      .split(',')
      .map((name) => findNamed(responses, name.trim()));
    const isSwapped = left === 1 && right === 0;
    const index = (side === 'left') === isSwapped ? 1 : 0;
    return [[[index], [1 - index]]];
  },
  choices: (value, responses) => {
    const [choice, another] = listField(value, 'choices') ?? [];
    if (typeof choice !== 'string' || another !== undefined) return null;
    const index = findNamed(responses, choice);
    return index === null ? null : [preferred(responses, index) ?? 'unclear'];
  },
};
