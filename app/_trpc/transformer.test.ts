import fc from 'fast-check';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { transformer } from './transformer.ts';

const read = (value: unknown) =>
  transformer.output.deserialize(JSON.parse(JSON.stringify(superjson.serialize(value))) as { json: unknown });

test('what superjson wrote is read as superjson reads it', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.date({ noInvalidDate: true }),
    fc.bigInt(),
  );
  const key = fc.oneof(fc.string(), fc.constantFrom('a.b', 'a\\.b', '\\', '.', '0', 'json', 'values'));
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (sent) => {
      const packed = JSON.parse(JSON.stringify(superjson.serialize(sent)));
      expect(read(sent)).toEqual(superjson.deserialize(packed));
    }),
    { numRuns: 1_000 },
  );
});

test('a date is a date, wherever it stands', () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  expect(read(at)).toEqual(at);
  expect(read({ items: [{ at }], 'a.b': { at } })).toEqual({ items: [{ at }], 'a.b': { at } });
});

test.each([
  [{ projectId: 'x', list: [1, 'two', null], deep: { yes: true } }],
  [{ since: new Date(0), spans: [{ until: new Date(1) }], 'a.b\\c': new Date(2) }],
  [new Date(3)],
  [undefined],
  ['text'],
])('what was sent is read by superjson: %j', (sent) => {
  const packed = JSON.parse(JSON.stringify(transformer.input.serialize(sent)));
  expect(superjson.deserialize(packed)).toEqual(sent);
});

test('a kind of value that no page expects is refused', () => {
  expect(() => read({ all: new Set([1]) })).toThrow('which the pages do not read');
});
