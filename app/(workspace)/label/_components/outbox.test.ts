import { describe, expect, it } from 'vitest';
import { createOutbox, type OutboxEntry, type SendOutcome } from './outbox.ts';

function memoryStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}

const ranking = (id: string): OutboxEntry => ({
  kind: 'ranking',
  id,
  leaseId: `lease-${id}`,
  tiers: [['a'], ['b']],
  durationMs: 10,
  at: Number(id),
});

function open(send: (entry: OutboxEntry) => Promise<SendOutcome>, storage = memoryStorage()) {
  const saved: string[] = [];
  const refused: string[] = [];
  const outbox = createOutbox({
    storage,
    prefix: 'outbox.',
    send,
    onSaved: (entry) => saved.push(entry.id),
    onRefused: (entry, message) => refused.push(`${entry.id}: ${message}`),
    delay: () => 1,
  });
  return { outbox, saved, refused, storage };
}

describe('outbox', () => {
  it('sends in order and forgets what is saved', async () => {
    const seen: string[] = [];
    const { outbox, saved, storage } = open(async (entry) => {
      seen.push(entry.id);
      return { type: 'saved' };
    });
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    await outbox.flush();
    expect(seen).toEqual(['1', '2']);
    expect(saved).toEqual(['1', '2']);
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
    const { outbox, saved } = open(async () => {
      tries += 1;
      if (tries === 1) throw new Error('connection lost');
      return { type: 'saved' };
    }, storage);
    expect(outbox.entries()).toHaveLength(1);
    const done = new Promise<void>((resolve) => {
      outbox.subscribe(() => outbox.entries().length === 0 && resolve());
    });
    await outbox.flush();
    await done;
    expect(tries).toBe(2);
    expect(saved).toEqual(['1']);
  });

  it('reports a refusal and goes on with the next', async () => {
    const { outbox, saved, refused } = open(async (entry) =>
      entry.id === '1' ? { type: 'refused', message: 'The lease is over.' } : { type: 'saved' },
    );
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    await outbox.flush();
    expect(refused).toEqual(['1: The lease is over.']);
    expect(saved).toEqual(['2']);
  });

  it('takes back only what is not on its way', async () => {
    let release: (outcome: SendOutcome) => void = () => {};
    const { outbox, saved } = open(() => new Promise((resolve) => (release = resolve)));
    outbox.add(ranking('1'));
    outbox.add(ranking('2'));
    expect(outbox.takeBack('1')).toBe(false);
    expect(outbox.takeBack('2')).toBe(true);
    release({ type: 'saved' });
    await outbox.flush();
    expect(saved).toEqual(['1']);
    expect(outbox.takeBack('1')).toBe(false);
  });
});
