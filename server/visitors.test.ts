import { expect, test, vi } from 'vitest';
import type { User } from './auth.ts';
import { rememberedMs, rememberVisitors } from './visitors.ts';

const ada: User = { id: '1', name: 'Ada', email: 'ada@example.test', role: 'admin' };
const from = (cookie?: string) => new Headers(cookie ? { cookie } : {});

test('a session is looked up once a moment, also where two requests come at once', async () => {
  let time = 0;
  const find = vi.fn(async (headers: Headers) => (headers.get('cookie') === 'session=a' ? ada : null));
  const visitor = rememberVisitors(find, () => time);
  expect(await Promise.all([visitor(from('session=a')), visitor(from('session=a'))])).toEqual([ada, ada]);
  expect(find).toHaveBeenCalledTimes(1);
  time = rememberedMs;
  await visitor(from('session=a'));
  expect(find).toHaveBeenCalledTimes(2);
});

test('strangers, unknown cookies and failures are asked about each time', async () => {
  const find = vi.fn(async (headers: Headers): Promise<User | null> => {
    if (headers.get('cookie') === 'broken') throw new Error('the database is away');
    return null;
  });
  const visitor = rememberVisitors(find);
  for (let turn = 0; turn < 2; turn++) {
    expect(await visitor(from())).toBeNull();
    expect(await visitor(from('session=nobody'))).toBeNull();
    await expect(visitor(from('broken'))).rejects.toThrow('away');
  }
  expect(find).toHaveBeenCalledTimes(6);
});

test('one cookie never answers for another', async () => {
  const visitor = rememberVisitors(async (headers) => ({ ...ada, name: headers.get('cookie') ?? '' }));
  expect((await visitor(from('a')))?.name).toBe('a');
  expect((await visitor(from('b')))?.name).toBe('b');
});
