// Over real HTTP against a scripted server.
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { type ScriptedServer, saying, startScriptedServer } from '../backends/scripted-server.ts';
import { openJudge } from './index.ts';
import type { OpenAiOptions } from './openai.ts';

const apiKey = 'sk-very-secret-0123456789';
const request = { prompt: 'Is the teapot in stock?', responses: ['Yes.', 'Go away.', 'Yes, it is.'] };
const passing = { retryDelayMs: 5, timeoutMs: 5000 };

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(...script: Parameters<typeof startScriptedServer>): Promise<ScriptedServer> {
  server = await startScriptedServer(...script);
  return server;
}

const open = (options: Partial<OpenAiOptions> = {}, mode: 'listwise' | 'pairwise' = 'listwise') =>
  openJudge({ kind: 'openai', baseUrl: server?.baseUrl ?? '', model: 'judge-1', apiKey, ...passing, ...options }, mode);

/** The error of a judge that fails, which must be one sentence with a code and without the key. */
async function failure(judging: Promise<unknown>): Promise<AppError> {
  const error = await judging.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  const known = error as AppError;
  const everything = `${known.stack} ${JSON.stringify(known)} ${String(known.cause)}`;
  expect(everything).not.toContain('sk-very-secret');
  expect(known.message).not.toContain('\n');
  return known;
}

describe('an answer', () => {
  test('becomes tiers of the responses, by the order in which they were shown', async () => {
    const { requests } = await start(({ question }) => {
      const rude = /RESPONSE (\w) BEGIN \w+\nGo away/.exec(question)?.[1] ?? '';
      const fine = ['A', 'B', 'C'].filter((label) => label !== rude);
      return saying(`The rude one is worst.\nRanking: [[${fine.join(' = ')} > ${rude}]]`);
    });
    const judge = open();
    for (let seed = 0; seed < 6; seed++) {
      const { tiers, verdict, shownOrder } = await judge(request, { seed });
      expect(tiers?.map((tier) => tier.toSorted())).toEqual([[0, 2], [1]]);
      expect(verdict).toContain('The rude one is worst.');
      expect(requests[seed]?.question).toContain(
        `RESPONSE A BEGIN ${/code (\w+)/.exec(requests[seed]?.question ?? '')?.[1]}\n${request.responses[shownOrder[0] ?? 0]}`,
      );
    }
    expect(new Set(requests.map(({ question }) => /A BEGIN \w+\n(.*)/.exec(question)?.[1])).size).toBeGreaterThan(1);
  });

  test('is asked for as the protocol has it', async () => {
    const { requests } = await start(() => saying('[[A > B > C]]'));
    await open({ maxTokens: 77 })(request, { seed: 1 });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ url: '/v1/chat/completions', headers: { authorization: `Bearer ${apiKey}` } });
    expect(requests[0]?.body).toMatchObject({ model: 'judge-1', temperature: 0, max_tokens: 77 });
  });

  test('needs no key where the server wants none, and takes an address with a slash, a path or a query', async () => {
    const { requests, baseUrl } = await start(() => saying('[[A > B > C]]'));
    await open({ apiKey: undefined, baseUrl: `${baseUrl}/` })(request, { seed: 1 });
    await open({ baseUrl: `${baseUrl}/chat/completions` })(request, { seed: 1 });
    await open({ baseUrl: `${baseUrl}?api-version=1` })(request, { seed: 1 });
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/chat/completions?api-version=1',
    ]);
    expect(requests[0]?.headers.authorization).toBeUndefined();
  });

  test.each([
    ['without a verdict', 'They are all nice.'],
    ['with a verdict that lacks a label', 'Ranking: [[A > B]]'],
    ['that is empty', ''],
    ['that is null, as when all was thought', null],
  ])('%s is unparseable, not an error', async (_, content) => {
    await start(() => saying(content));
    const { tiers, verdict, shownOrder } = await open()(request, { seed: 1 });
    expect(tiers).toBeNull();
    expect(verdict).toBe(content ?? '');
    expect(shownOrder.toSorted()).toEqual([0, 1, 2]);
  });

  test('may come in parts', async () => {
    await start(() =>
      saying([
        { type: 'text', text: '[[A > B' },
        { type: 'text', text: ' > C]]' },
      ]),
    );
    expect((await open()(request, { seed: 1 })).tiers).not.toBeNull();
  });
});

describe('in pairs', () => {
  const textOf = (question: string, label: string) =>
    new RegExp(`RESPONSE ${label} BEGIN \\w+\\n(.*)`).exec(question)?.[1];

  test('both orders are asked, and the preferences make tiers', async () => {
    const { requests } = await start(({ question }) => {
      const [a, b] = [textOf(question, 'A'), textOf(question, 'B')];
      return saying(a === 'Go away.' ? '[[B]]' : b === 'Go away.' ? '[[A]]' : '[[C]]');
    });
    const { tiers, verdict } = await open({}, 'pairwise')(request, { seed: 1 });
    expect(tiers).toEqual([[0, 2], [1]]);
    expect(requests).toHaveLength(6);
    expect(new Set(requests.map(({ question }) => `${textOf(question, 'A')}|${textOf(question, 'B')}`)).size).toBe(6);
    expect(verdict).toContain('A = response 2, B = response 1:\n[[B]]');
  });

  test('a judge that always takes the first shown says nothing', async () => {
    await start(() => saying('[[A]]'));
    expect((await open({}, 'pairwise')(request, { seed: 1 })).tiers).toEqual([[0, 1, 2]]);
  });

  test('one answer without a verdict leaves the whole ranking unparseable', async () => {
    await start((_, number) => saying(number === 3 ? 'no idea' : '[[A]]'));
    expect((await open({}, 'pairwise')(request, { seed: 1 })).tiers).toBeNull();
  });

  test('a refusal stops the questions that are still to be asked', async () => {
    const { requests } = await start(() => ({ status: 401, body: {} }));
    const eight = { prompt: 'x', responses: Array.from('abcdefgh') };
    await failure(open({ concurrency: 2 }, 'pairwise')(eight, { seed: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(requests.length).toBeLessThanOrEqual(3); // of 56
  });
});

describe('a failure that may pass is tried again', () => {
  test('500, then good', async () => {
    const { requests } = await start((_, number) =>
      number === 0 ? { status: 500, body: 'oops' } : saying('[[A > B > C]]'),
    );
    expect((await open()(request, { seed: 1 })).tiers).not.toBeNull();
    expect(requests).toHaveLength(2);
  });

  test('a broken connection, before or within the answer, then good', async () => {
    const { requests } = await start((_, number) => ({
      ...saying('[[A > B > C]]'),
      ...[{ hangUp: true, body: '' }, { hangUp: true }][number],
    }));
    expect((await open()(request, { seed: 1 })).tiers).not.toBeNull();
    expect(requests).toHaveLength(3);
  });

  test('429 waits as long as Retry-After says', async () => {
    const { requests } = await start((_, number) =>
      number === 0 ? { status: 429, headers: { 'retry-after': '1' }, body: {} } : saying('[[A > B > C]]'),
    );
    expect((await open()(request, { seed: 1 })).tiers).not.toBeNull();
    expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('but never longer than the cap, be it seconds or a date', async () => {
    const { requests } = await start((_, number) => {
      const later = [new Date(Date.now() + 3_600_000).toUTCString(), '3600', 'soon'][number];
      return later ? { status: 429, headers: { 'retry-after': later }, body: {} } : saying('[[A > B > C]]');
    });
    const start0 = performance.now();
    expect((await open({ maxRetryAfterMs: 50 })(request, { seed: 1 })).tiers).not.toBeNull();
    expect(performance.now() - start0).toBeLessThan(3000);
    expect((requests[2]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(95);
  });

  test('a failure within a 200, as gateways send it', async () => {
    const { requests } = await start((_, number) =>
      number === 0 ? { body: { error: { message: 'upstream is busy', code: 429 } } } : saying('[[A > B > C]]'),
    );
    expect((await open()(request, { seed: 1 })).tiers).not.toBeNull();
    expect(requests).toHaveLength(2);
  });

  test('four times at most, then it is told', async () => {
    const { requests, baseUrl } = await start(() => ({ status: 503, body: { error: { message: `busy\n${apiKey}` } } }));
    const error = await failure(open()(request, { seed: 1 }));
    expect(error.code).toBe('JUDGE_UNAVAILABLE');
    expect(error.message).toBe(
      `The judge at ${baseUrl}/chat/completions did not answer in 4 attempts (503: busy [API key]): see that it runs and is not overloaded, then judge again.`,
    );
    expect(requests).toHaveLength(4);
  });

  test('a slow server', async () => {
    const { requests } = await start(() => ({ ...saying('[[A > B > C]]'), delayMs: 600 }));
    const error = await failure(open({ timeoutMs: 60 })(request, { seed: 1 }));
    expect(error.code).toBe('JUDGE_UNAVAILABLE');
    expect(error.message).toContain('no answer within 0.06 s');
    expect(requests).toHaveLength(4);
  });

  test('a server that is not there', async () => {
    const { baseUrl, close } = await start(() => saying(''));
    await close();
    const error = await failure(open({ baseUrl })(request, { seed: 1 }));
    expect(error.code).toBe('JUDGE_UNAVAILABLE');
    expect(error.message).toContain(`${baseUrl}/chat/completions did not answer in 4 attempts (connection refused)`);
  });
});

describe('a failure that stays is told at once, with what to mend', () => {
  test.each<[number, string, string]>([
    [
      401,
      `Incorrect API key provided: ${apiKey}.`,
      'does not accept the API key (401: Incorrect API key provided: [API key]): check the key',
    ],
    [403, 'No access', 'does not accept the API key (403: No access)'],
    [
      404,
      'The model `judge-1` does not exist',
      'the model "judge-1" (404: The model `judge-1` does not exist): check the base URL',
    ],
    [400, 'context length exceeded', 'refused the request (400: context length exceeded): check'],
    [422, '', 'refused the request (422): check'],
  ])('%i %s', async (status, message, told) => {
    const { requests } = await start(() => ({ status, body: message ? { error: { message } } : '' }));
    const error = await failure(open()(request, { seed: 1 }));
    expect(error.code).toBe('JUDGE_REFUSED');
    expect(error.message).toContain(told);
    expect(requests).toHaveLength(1);
  });

  test('401 without a key asks for one', async () => {
    await start(() => ({ status: 401, body: { error: 'no key' } }));
    const error = await failure(open({ apiKey: '' })(request, { seed: 1 }));
    expect(error.message).toContain('wants an API key (401: no key): give one.');
  });

  test('a redirect is not followed', async () => {
    const { requests } = await start(() => ({ status: 307, headers: { location: '/v1/chat/completions' } }));
    expect((await failure(open()(request, { seed: 1 }))).message).toContain('redirects elsewhere (307)');
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['a web page', '<!doctype html><html>Welcome</html>'],
    ['cut JSON', '{"choices": [{"message": {"content": "[[A > B'],
    ['other JSON', { models: [] }],
    ['no choice', { choices: [] }],
    ['nothing', ''],
  ])('%s instead of a completion', async (_, body) => {
    await start(() => ({ body }));
    const error = await failure(open()(request, { seed: 1 }));
    expect(error.code).toBe('JUDGE_REFUSED');
    expect(error.message).toContain('something else than a chat completion');
  });

  test('more than a megabyte is not read to its end', async () => {
    await start(() => saying('x'.repeat(2_000_000)));
    expect((await failure(open()(request, { seed: 1 }))).message).toContain('more than 1 MB');
  });

  test('just under a megabyte is', async () => {
    await start(() => saying(`${'x'.repeat(1_000_000)}\n[[A > B > C]]`));
    const { tiers, verdict } = await open()(request, { seed: 1 });
    expect(tiers).not.toBeNull();
    expect(verdict.length).toBeLessThan(21_000);
  });

  test.each<[Partial<OpenAiOptions>, string]>([
    [{ baseUrl: 'localhost/v1' }, 'no http:// or https:// address'],
    [{ baseUrl: 'file:///v1' }, 'no http:// or https:// address'],
    [{ baseUrl: `http://me:${apiKey}@localhost/v1` }, 'holds a user or a password'],
    [{ model: ' ' }, 'has no model name'],
    [{ apiKey: `${apiKey}\nx` }, 'characters that no key has'],
    [{ apiKey: `${apiKey} ü` }, 'characters that no key has'],
  ])('settings that can not work: %#', async (options, told) => {
    await start(() => saying(''));
    const error = await failure((async () => open(options)(request, { seed: 1 }))());
    expect(error.code).toBe('JUDGE_REFUSED');
    expect(error.message).toContain(told);
  });

  test('a key or a secret in the query is not shown', async () => {
    const { baseUrl } = await start(() => ({ status: 404, body: '' }));
    const error = await failure(open({ baseUrl: `${baseUrl}?key=${apiKey}` })(request, { seed: 1 }));
    expect(error.message).toContain(`${baseUrl}/chat/completions does not know`);
  });
});

test('a model that takes neither max_tokens nor temperature is asked without, from then on', async () => {
  const { requests } = await start(({ body }) => {
    if ('max_tokens' in body)
      return { status: 400, body: { error: { message: "Use 'max_completion_tokens' instead." } } };
    if ('temperature' in body) return { status: 400, body: { error: { message: "Unsupported value: 'temperature'" } } };
    return saying('[[A > B > C]]');
  });
  const judge = open({ maxTokens: 99 });
  expect((await judge(request, { seed: 1 })).tiers).not.toBeNull();
  expect((await judge(request, { seed: 2 })).tiers).not.toBeNull();
  expect(requests).toHaveLength(4);
  expect(requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 99 });
});

test('no more requests are out at once than was asked for', async () => {
  const { busiest } = await start(() => ({ ...saying('[[A > B > C]]'), delayMs: 20 }));
  const judge = open({ concurrency: 3 });
  await Promise.all(Array.from({ length: 12 }, (_, seed) => judge(request, { seed })));
  expect(busiest()).toBe(3);
});

test.each([
  ['while the server thinks', { delayMs: 30_000 }],
  ['between two attempts', { status: 500, headers: { 'retry-after': '20' } }],
])('cancelling %s ends it at once', async (_, reply) => {
  const { requests } = await start(() => ({ ...saying('[[A > B > C]]'), ...reply }));
  const controller = new AbortController();
  const judging = failure(open({ timeoutMs: 60_000 })(request, { seed: 1, signal: controller.signal }));
  await expect.poll(() => requests.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const start0 = performance.now();
  controller.abort();
  expect((await judging).code).toBe('CANCELLED');
  expect(performance.now() - start0).toBeLessThan(1000);
});

test('cancelled before it starts, nothing is asked', async () => {
  const { requests } = await start(() => saying(''));
  expect((await failure(open()(request, { seed: 1, signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  expect(requests).toHaveLength(0);
});
