import { expect, test } from 'vitest';
import { isSelected, nothingSelected, type Selection, toggleRow, toggleShown } from './selection.ts';

const rows = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: Selection) => rows.filter((id) => isSelected(selection, id)).join('');

test('a row is turned over; a range takes the state of its end, either way round', () => {
  const one = toggleRow(nothingSelected, rows, 'd', false);
  expect(chosen(one)).toBe('d');
  const upwards = toggleRow(one, rows, 'b', true);
  expect(chosen(upwards)).toBe('bcd');
  const off = toggleRow(upwards, rows, 'c', true);
  expect(chosen(off)).toBe('d');
  expect(chosen(toggleRow(nothingSelected, rows, 'c', true))).toBe('c');
  expect(chosen(toggleRow({ ...one, anchor: 'gone' }, rows, 'a', true))).toBe('ad');
});

test('the rows shown, all that match, and one taken out of these', () => {
  const shown = toggleShown(nothingSelected, rows);
  expect(chosen(shown)).toBe('abcde');
  expect(chosen(toggleShown(shown, rows))).toBe('');
  const all: Selection = { ...nothingSelected, isAll: true };
  expect(isSelected(all, 'not shown')).toBe(true);
  const without = toggleRow(all, rows, 'b', false);
  expect(chosen(without)).toBe('acde');
  expect(isSelected(without, 'not shown')).toBe(false);
  expect(chosen(toggleShown(all, rows))).toBe('');
});
