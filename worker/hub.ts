// The Hugging Face Hub, or a mirror, through its own library: what a model's revision is, which files it has, and their
// bytes from where an earlier attempt stopped. Every refusal is a sentence; the token is in none of them.
import { downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { AppError } from '../domain/errors.ts';
import type { HubFile } from '../domain/models.ts';
import { EngineError, reasonOf } from '../engine/errors.ts';

export interface HubOptions {
  endpoint: string;
  token: string | null;
  signal: AbortSignal;
  /** A connection over which nothing comes for so long is given up. */
  silenceMs?: number;
}

export interface Hub {
  /** The commit that a branch or tag stands for. */
  resolve(hubId: string, revision: string): Promise<string>;
  list(hubId: string, commit: string): Promise<HubFile[]>;
  /** A file's bytes from `start` on. */
  read(hubId: string, commit: string, file: HubFile, start: number): AsyncIterable<Uint8Array>;
}

const commitPattern = /^[0-9a-f]{40}$/;

export function openHub({ endpoint, token, signal, silenceMs = 60_000 }: HubOptions): Hub {
  const access = { hubUrl: endpoint, ...(token ? { accessToken: token } : {}) };
  const guardedFetch = (stop: AbortSignal): typeof fetch => {
    return (url, init) => fetch(url, { ...init, signal: stop });
  };
  /** Runs `work` with a fetch that ends with the job, or when `alive` has not been called for too long. */
  async function guarded<T>(hubId: string, work: (fetch: typeof globalThis.fetch, alive: () => void) => Promise<T>) {
    const silence = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs);
    };
    alive();
    try {
      return await work(guardedFetch(AbortSignal.any([signal, silence.signal])), alive);
    } catch (error) {
      if (signal.aborted) throw new EngineError('CANCELLED', 'Cancelled.');
      throw inWords(silence.signal.aborted ? silence.signal.reason : error, hubId, endpoint, token !== null);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    resolve: (hubId, revision) =>
      guarded(hubId, async (fetch) => {
        const { sha } = await modelInfo({ ...access, name: hubId, revision, additionalFields: ['sha'], fetch });
        if (!commitPattern.test(sha)) throw new Error(`it names no commit for ${revision}`);
        return sha;
      }),
    list: (hubId, commit) =>
      guarded(hubId, async (fetch) => {
        const files: HubFile[] = [];
        for await (const file of listFiles({ ...access, repo: hubId, revision: commit, fetch })) {
          if (file.type !== 'file') continue;
          const { path, size, oid, lfs } = file;
          files.push({ path, size: lfs?.size ?? size, oid: oid ?? null, sha256: lfs?.oid ?? null });
        }
        return files;
      }),
    async *read(hubId, commit, file, start) {
      const chunks = await openStream(hubId, commit, file, start);
      try {
        for (;;) {
          const { done, value } = await chunks.next();
          if (done) return;
          yield value;
        }
      } finally {
        await chunks.close();
      }
    },
  };

  /** The body stays guarded after the request is answered: each chunk is waited for by itself. */
  async function openStream(hubId: string, commit: string, file: HubFile, start: number) {
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const reader = await guarded(hubId, async () => {
      const fetch = guardedFetch(all);
      // Without Xet: its chunks come from elsewhere, and plain ranges can be continued after a kill.
      const blob = await downloadFile({ ...access, repo: hubId, path: file.path, revision: commit, xet: false, fetch });
      if (!blob) throw new AppError('HUB_REFUSED', `${hubId} has no ${file.path} any more.`);
      return blob.slice(start, file.size).stream().getReader();
    });
    return {
      next: () => guarded(hubId, () => reader.read()),
      close: async () => {
        stop.abort();
        await reader.cancel().catch(() => undefined);
      },
    };
  }
}

function inWords(error: unknown, hubId: string, endpoint: string, hasToken: boolean): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof HubApiError) return describeStatus(error, hubId, endpoint, hasToken);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new AppError('HUB_UNAVAILABLE', `${endpoint} could not be used: ${reasonOf(cause)}. Check the network.`, {
    cause: error,
  });
}

function describeStatus(
  { statusCode, data }: HubApiError,
  hubId: string,
  endpoint: string,
  hasToken: boolean,
): AppError {
  const said = typeof data?.error === 'string' ? ` (${data.error.replace(/\.?\s*$/, '').slice(0, 200)})` : '';
  if (statusCode === 401) {
    return new AppError(
      'HUB_REFUSED',
      hasToken
        ? `${endpoint} did not accept the token for ${hubId}: check the name, and the token on this page.`
        : `${hubId} does not exist, or is private or gated: check the name, or enter a token of someone who may read it.`,
    );
  }
  if (statusCode === 403) {
    return new AppError(
      'HUB_REFUSED',
      `${hubId} is gated${said}: accept its terms at ${endpoint}/${hubId} with the account whose token is entered here.`,
    );
  }
  if (statusCode === 404) {
    return new AppError('HUB_REFUSED', `${hubId}, or that revision of it, does not exist${said}: check the name.`);
  }
  if (statusCode === 429 || statusCode >= 500) {
    return new AppError('HUB_UNAVAILABLE', `${endpoint} answered with status ${statusCode}${said}.`);
  }
  return new AppError('HUB_REFUSED', `${endpoint} refused ${hubId} with status ${statusCode}${said}.`);
}
