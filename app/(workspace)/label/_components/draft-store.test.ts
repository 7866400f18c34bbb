import { expect, test } from 'vitest';
import { emptyAnnotation } from '../../../../domain/annotation-draft.ts';
import { createDraftStore } from './draft-store.ts';

function memoryStorage() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}

const day = 24 * 3_600_000;
const open = (storage = memoryStorage(), at = 100 * day) => ({
  storage,
  store: createDraftStore({ storage, prefix: 'draft.', now: () => at }),
});
const draft = { ...emptyAnnotation(3), rationale: 'It is shorter.', edit: { index: 1, text: 'Better.' } };

test('all of a draft and its time survive a reload', () => {
  const { store, storage } = open();
  store.change('a', draft);
  store.spend('a', 1_234);
  const later = open(storage).store;
  expect(later.draft('a')).toEqual(draft);
  expect(later.spentMs('a')).toBe(1_234);
  later.forget('a');
  expect(open(storage).store.draft('a')).toBeNull();
  expect(storage.length).toBe(0);
});

test('a draft is the same object until it changes', () => {
  const { store } = open();
  store.change('a', draft);
  expect([store.isBegun('a'), store.isBegun('b')]).toEqual([true, false]);
  store.change('b', emptyAnnotation(3));
  expect(store.isBegun('b')).toBe(false);
  const seen = store.draft('a');
  store.spend('a', 5);
  expect(store.draft('a')).toBe(seen);
});

test('what another tab writes is seen', () => {
  const { store, storage } = open();
  let told = 0;
  store.subscribe(() => told++);
  expect(store.draft('a')).toBeNull();
  open(storage).store.change('a', draft);
  store.reread('draft.a');
  store.reread('something.else');
  expect(store.draft('a')).toEqual(draft);
  expect(told).toBe(1);
});

test('nonsense is no draft; what nobody came back for is swept up', () => {
  const { storage } = open();
  storage.items.set('draft.bad', '{"draft": {"ranking": 7}, "spentMs": -5, "at": 8640000000000}');
  storage.items.set('draft.worse', 'no JSON');
  storage.items.set('draft.old', JSON.stringify({ draft, spentMs: 1, at: 80 * day }));
  storage.items.set('draft.new', JSON.stringify({ draft, spentMs: 1, at: 90 * day }));
  storage.items.set('other', 'stays');
  const { store } = open(storage);
  expect(store.draft('bad')).toBeNull();
  expect(store.spentMs('bad')).toBe(0);
  expect(store.draft('new')).toEqual(draft);
  expect([...storage.items.keys()].sort()).toEqual(['draft.bad', 'draft.new', 'other']);
});
