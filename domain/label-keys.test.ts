import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actionOf,
  changedKeys,
  defaultKeys,
  findKeyConflict,
  type KeyPress,
  keyLabel,
  labelActions,
  readKeyMap,
  remap,
} from './label-keys.ts';

const press = (key: string, code = `Key${key.toUpperCase()}`): KeyPress => ({ key, code });

describe('what a key does', () => {
  test.each([
    [press('z'), 'undo'],
    [press('Z'), 'undo'], // Shift or caps lock
    [press('z', 'KeyY'), 'undo'], // German: Z is where Y is in English
    [press('ㅋ', 'KeyZ'), 'undo'], // Korean
    [press('ئ', 'KeyZ'), 'undo'], // Arabic
    [press('ı', 'KeyI'), 'slight'], // Turkish dotless i
    [press('i', 'Quote'), 'slight'], // Turkish dotted i
    [press('İ', 'Quote'), null], // its capital: at no letter's place
    [press('Process', 'KeyS'), 'skip'], // an input method has the key
    [press('=', 'Digit0'), 'tie'], // where = needs Shift and a digit
    [press('?', 'Slash'), 'help'],
    [press('؟', 'Slash'), null],
    [press('Enter', 'NumpadEnter'), 'submit'],
    [press('ArrowLeft', 'ArrowLeft'), 'previous'],
    [{ ...press('z'), ctrlKey: true }, null], // the browser's own undo
    [{ ...press('s'), metaKey: true }, null],
    [press('1', 'Digit1'), null],
    [press('q'), null],
  ] as const)('%j: %s', (event, action) => {
    expect(actionOf(event, defaultKeys)).toBe(action);
  });

  test('every action has a key of its own', () => {
    expect(new Set(Object.values(defaultKeys)).size).toBe(labelActions.length);
    for (const action of labelActions)
      expect(actionOf({ key: defaultKeys[action], code: '' }, defaultKeys)).toBe(action);
  });
});

describe('another key', () => {
  test.each([
    [press('s'), { type: 'taken', by: 'skip' }],
    [press('2', 'Digit2'), { type: 'digit' }],
    [press('"', 'Digit2'), { type: 'digit' }],
    [press('Tab', 'Tab'), { type: 'reserved' }],
    [press('Escape', 'Escape'), { type: 'reserved' }],
    [press('F5', 'F5'), { type: 'reserved' }],
    [{ ...press('q'), ctrlKey: true }, { type: 'combination' }],
    [press('q'), null],
    [press('z'), null], // its own
  ] as const)('for undo, %j: %j', (event, conflict) => {
    expect(findKeyConflict(defaultKeys, 'undo', event)).toEqual(conflict);
  });

  test('works at once, and the old one is free', () => {
    const keys = remap(defaultKeys, 'undo', press('q'));
    expect(actionOf(press('q'), keys)).toBe('undo');
    expect(actionOf(press('z'), keys)).toBeNull();
    expect(remap(keys, 'skip', press('q'))).toBe(keys);
    expect(actionOf(press('z'), remap(keys, 'skip', press('z')))).toBe('skip');
  });

  test('whatever is pressed, every action keeps a key of its own, and it is kept over a reload', () => {
    const anyPress = fc.record({
      key: fc.oneof(
        fc.string({ minLength: 1, maxLength: 1 }),
        fc.constantFrom('Enter', 'Tab', 'F1', 'Dead', 'ㅋ', 'ArrowUp'),
      ),
      code: fc.constantFrom('KeyQ', 'KeyS', 'Digit1', 'Equal', 'F1', 'ArrowUp', ''),
      ctrlKey: fc.boolean(),
    });
    const changes = fc.array(fc.tuple(fc.constantFrom(...labelActions), anyPress), { maxLength: 20 });
    fc.assert(
      fc.property(changes, (all) => {
        const keys = all.reduce((now, [action, event]) => remap(now, action, event), readKeyMap(null));
        expect(new Set(Object.values(keys)).size).toBe(labelActions.length);
        expect(readKeyMap(JSON.parse(JSON.stringify(changedKeys(keys))))).toEqual(keys);
      }),
    );
  });

  test.each([[null], ['z'], [{ undo: '' }], [{ undo: '1' }], [{ undo: 7 }], [{ nothing: 'q' }], [{ undo: 's' }]])(
    'what was kept and makes no sense is left out: %j',
    (stored) => {
      expect(readKeyMap(stored)).toEqual(defaultKeys);
    },
  );
});

test.each([
  ['z', 'Z'],
  ['Backspace', '⌫'],
  ['Enter', 'Enter'],
  ['=', '='],
])('the cap of %s says %s', (key, label) => {
  expect(keyLabel(key)).toBe(label);
});
