// What changed between two texts, word by word, in any script. Bounded for any input: near texts are compared exactly
// (Myers, by jsdiff), far ones are first tied together by the words that both have once (patience diff), and what has
// no such word is replaced as a whole.
import { diffArrays } from 'diff';
import { segmentsOf } from './segments.ts';

export type WordChange = { kind: 'same' | 'deleted' | 'inserted'; text: string };

interface Run {
  same: string;
  deleted: string;
  inserted: string;
}

/** Exact comparison goes on up to this many changed words; its cost is the square of it. */
const mostEdits = 200;
/** Longer stretches are not compared exactly: words that are alike everywhere would take seconds. */
const mostPieces = 20_000;
/** How often a stretch without common words may be tied together anew. */
const mostRounds = 8;
/** Longer texts are compared line by line. */
const longestByWord = 200_000;

function piecesOf(text: string, isLong: boolean): string[] {
  if (isLong) return text.split(/(?<=\n)/);
  return segmentsOf(text).map(({ segment }) => segment);
}

/** The changes in order; 'same' and 'deleted' together are `before`, 'same' and 'inserted' are `after`. */
export function diffWords(before: string, after: string): WordChange[] {
  const isLong = before.length + after.length > longestByWord;
  const runs: Run[] = [];
  compare(piecesOf(before, isLong), piecesOf(after, isLong), mostRounds, runs);
  return joinPhrases(runs).flatMap(({ same, deleted, inserted }) => {
    const changes: WordChange[] = [
      { kind: 'same', text: same },
      { kind: 'deleted', text: deleted },
      { kind: 'inserted', text: inserted },
    ];
    return changes.filter(({ text }) => text !== '');
  });
}

function compare(before: string[], after: string[], rounds: number, runs: Run[]): void {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  keep(before.slice(0, start), runs);
  compareMiddles(before.slice(start, before.length - end), after.slice(start, after.length - end), rounds, runs);
  keep(before.slice(before.length - end), runs);
}

function compareMiddles(before: string[], after: string[], rounds: number, runs: Run[]): void {
  const isShort = before.length + after.length <= mostPieces;
  const exact = isShort ? diffArrays(before, after, { maxEditLength: mostEdits }) : undefined;
  if (exact) {
    for (const { added, removed, value } of exact) {
      if (added) replace([], value, runs);
      else if (removed) replace(value, [], runs);
      else keep(value, runs);
    }
    return;
  }
  const ties = rounds > 0 ? tiesBetween(before, after) : [];
  if (ties.length === 0) {
    replace(before, after, runs);
    return;
  }
  let [done, doneAfter] = [0, 0];
  for (const [place, placeAfter] of [...ties, [before.length, after.length] as const]) {
    compare(before.slice(done, place), after.slice(doneAfter, placeAfter), rounds - 1, runs);
    keep(before.slice(place, place + 1), runs);
    [done, doneAfter] = [place + 1, placeAfter + 1];
  }
}

/** Where the words that both have exactly once stand, as far as their order is the same in both. */
function tiesBetween(before: string[], after: string[]): (readonly [number, number])[] {
  const placesAfter = placesOfSingles(after);
  const ties: (readonly [number, number])[] = [];
  for (const [piece, place] of placesOfSingles(before)) {
    const placeAfter = placesAfter.get(piece);
    if (placeAfter !== undefined && /[\p{L}\p{N}]/u.test(piece)) ties.push([place, placeAfter]);
  }
  return longestRising(ties);
}

function placesOfSingles(pieces: string[]): Map<string, number> {
  const places = new Map<string, number>();
  const repeated = new Set<string>();
  pieces.forEach((piece, place) => {
    if (places.has(piece)) repeated.add(piece);
    places.set(piece, place);
  });
  for (const piece of repeated) places.delete(piece);
  return places;
}

/** The longest part of `ties` whose second places rise (patience sorting, n log n); the first ones rise already. */
function longestRising(ties: (readonly [number, number])[]): (readonly [number, number])[] {
  const tops: number[] = [];
  const previous: (number | undefined)[] = [];
  ties.forEach(([, placeAfter], index) => {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const top = ties[tops[middle] ?? 0]?.[1] ?? 0;
      if (top < placeAfter) low = middle + 1;
      else high = middle;
    }
    previous[index] = tops[low - 1];
    tops[low] = index;
  });
  const rising: (readonly [number, number])[] = [];
  for (let index = tops.at(-1); index !== undefined; index = previous[index]) {
    const tie = ties[index];
    if (tie) rising.push(tie);
  }
  return rising.reverse();
}

function keep(pieces: string[], runs: Run[]): void {
  if (pieces.length === 0) return;
  const last = runs.at(-1);
  if (last && last.deleted === '' && last.inserted === '') last.same += pieces.join('');
  else runs.push({ same: pieces.join(''), deleted: '', inserted: '' });
}

function replace(deleted: string[], inserted: string[], runs: Run[]): void {
  const last = runs.at(-1) ?? { same: '', deleted: '', inserted: '' };
  if (runs.length === 0) runs.push(last);
  last.deleted += deleted.join('');
  last.inserted += inserted.join('');
}

/** Neighbouring words that were all replaced read as one phrase, not as a stutter of pairs. */
function joinPhrases(runs: Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && isReplaced(last) && isReplaced(run) && /^[^\S\n]+$/.test(run.same)) {
      last.deleted += run.same + run.deleted;
      last.inserted += run.same + run.inserted;
    } else joined.push(run);
  }
  return joined;
}

function isReplaced({ deleted, inserted }: Run): boolean {
  return deleted !== '' && inserted !== '';
}
