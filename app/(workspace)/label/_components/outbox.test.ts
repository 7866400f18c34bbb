import { describe, expect, it } from 'vitest';
import { createOutbox, type SendOutcome } from './outbox.ts';
import type { OutboxEntry } from './outbox-entry.ts';

function memoryStorage(room = Number.POSITIVE_INFINITY) {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (items.size >= room) throw new Error('QuotaExceededError');
      items.set(key, value);
    },
    removeItem: (key: string) => void items.delete(key),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}

const annotation = {
  tiers: [['a'], ['b']],
  overall: null,
  thumbs: null,
  strength: null,
  ratings: {},
  flags: [],
  rationale: null,
  edit: null,
};

const ranking = (id: string): OutboxEntry => ({
  kind: 'annotation',
  id,
  projectId: 'project',
  preview: `prompt ${id}`,
  leaseId: `lease-${id}`,
  annotation,
  durationMs: 10,
  guidelineId: null,
  at: Number(id),
});

type Send = (entry: OutboxEntry) => Promise<SendOutcome<string>>;
const saves: Send = async (entry) => ({ type: 'saved', answer: `answer ${entry.id}` });

/** A lock as the browser's: one holder at a time, in the order of asking. */
function createLock() {
  let last: Promise<unknown> = Promise.resolve();
  return <R>(act: () => Promise<R>): Promise<R> => {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  };
}

function open(send: Send, storage = memoryStorage(), alone = createLock()) {
  const saved: string[] = [];
  const refused: string[] = [];
  const outbox = createOutbox({
    storage,
    prefix: 'outbox.',
    refusedPrefix: 'refused.',
    projectId: 'the open one',
    send,
    onSaved: (entry, answer) => saved.push(`${entry.id}: ${answer}`),
    onRefused: (entry, message) => refused.push(`${entry.id}: ${message}`),
    delay: () => 1,
    alone,
  });
  return { outbox, saved, refused, storage };
}

describe('outbox', () => {
  it('sends in order, hands the answer on and forgets what is saved', async () => {
    const seen: string[] = [];
    const { outbox, saved, storage } = open((entry) => {
      seen.push(entry.id);
      return saves(entry);
    });
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    await outbox.flush();
    expect(seen).toEqual(['1', '2']);
    expect(saved).toEqual(['1: answer 1', '2: answer 2']);
    expect(storage.length).toBe(0);
  });

  it('keeps an entry through failures and a reload, and sends it in the end', async () => {
    const storage = memoryStorage();
    const offline = open(async () => ({ type: 'later' }), storage);
    offline.outbox.add(ranking('1'));
    await offline.outbox.flush();
    offline.outbox.close();
    expect(storage.getItem('outbox.1')).toContain('lease-1');

    let tries = 0;
    const { outbox, saved } = open(async (entry) => {
      tries += 1;
      if (tries === 1) throw new Error('connection lost');
      return saves(entry);
    }, storage);
    expect(outbox.entries()).toEqual([ranking('1')]);
    const done = new Promise<void>((resolve) => {
      outbox.subscribe(() => outbox.entries().length === 0 && resolve());
    });
    await outbox.flush();
    await done;
    expect(tries).toBe(2);
    expect(saved).toEqual(['1: answer 1']);
  });

  it('keeps what was refused for its author, over a reload too, and goes on with the next', async () => {
    const { outbox, saved, refused, storage } = open(async (entry) =>
      entry.id === '1' ? { type: 'refused', message: 'The lease is over.' } : saves(entry),
    );
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    await outbox.flush();
    expect(refused).toEqual(['1: The lease is over.']);
    expect(saved).toEqual(['2: answer 2']);
    const kept = [{ entry: ranking('1'), message: 'The lease is over.' }];
    expect(outbox.refused()).toEqual(kept);
    const later = open(saves, storage);
    expect(later.outbox.refused()).toEqual(kept);
    expect(later.outbox.entries()).toEqual([]);
    later.outbox.discard('1');
    expect(later.outbox.refused()).toEqual([]);
    expect(storage.length).toBe(0);
  });

  it('takes back only what is not on its way', async () => {
    let release: (outcome: SendOutcome<string>) => void = () => {};
    const { outbox, saved } = open(() => new Promise((resolve) => (release = resolve)));
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    await Promise.resolve();
    expect(outbox.takeBack('1')).toBe(false);
    expect(outbox.takeBack('2')).toBe(true);
    release({ type: 'saved', answer: 'yes' });
    await outbox.flush();
    expect(saved).toEqual(['1: yes']);
    expect(outbox.takeBack('1')).toBe(false);
  });

  it('sends each entry once from two tabs, and never one that the other tab took back', async () => {
    const storage = memoryStorage();
    const sent: string[] = [];
    const lock = createLock();
    const slow: Send = async (entry) => {
      sent.push(entry.id);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return saves(entry);
    };
    const offline = open(async () => ({ type: 'later' }), storage, lock);
    for (const id of ['1', '2', '3']) offline.outbox.add(ranking(id));
    await offline.outbox.flush();
    offline.outbox.close();
    const one = open(slow, storage, lock);
    const other = open(slow, storage, lock);
    expect(one.outbox.takeBack('3')).toBe(true);
    await Promise.all([one.outbox.flush(), other.outbox.flush()]);
    expect(sent).toEqual(['1', '2']);
    expect([...one.saved, ...other.saved].sort()).toEqual(['1: answer 1', '2: answer 2']);
    expect(other.outbox.entries()).toEqual([]);
  });

  it('sees what another tab adds', () => {
    const storage = memoryStorage();
    const { outbox } = open(async () => ({ type: 'later' }), storage);
    storage.setItem('outbox.7', JSON.stringify(ranking('7')));
    outbox.reread();
    expect(outbox.entries()).toEqual([ranking('7')]);
  });

  it('sends even what the storage has no room for', async () => {
    const { outbox, saved } = open(saves, memoryStorage(0));
    outbox.add(ranking('1'));
    expect(outbox.entries()).toHaveLength(1);
    await outbox.flush();
    expect(saved).toEqual(['1: answer 1']);
  });

  it('takes up what an earlier version of the page left behind', async () => {
    const storage = memoryStorage();
    storage.setItem(
      'outbox.1',
      JSON.stringify({ kind: 'ranking', id: '1', leaseId: 'lease-1', tiers: [['a'], ['b']], durationMs: 5, at: 1 }),
    );
    storage.setItem('outbox.2', JSON.stringify({ kind: 'skip', id: '2', leaseId: 'lease-2', reason: 'unsure', at: 2 }));
    storage.setItem('outbox.3', 'not JSON');
    const sent: OutboxEntry[] = [];
    const { outbox } = open(async (entry) => {
      sent.push(entry);
      return saves(entry);
    }, storage);
    await outbox.flush();
    const common = { projectId: 'the open one', preview: '' };
    expect(sent).toEqual([
      {
        ...common,
        kind: 'annotation',
        id: '1',
        leaseId: 'lease-1',
        annotation,
        durationMs: 5,
        guidelineId: null,
        at: 1,
      },
      { ...common, kind: 'skip', id: '2', leaseId: 'lease-2', reason: 'unsure', note: null, flags: [], at: 2 },
    ]);
    // What can't be read stays where it is.
    expect(storage.getItem('outbox.3')).toBe('not JSON');
  });
});
