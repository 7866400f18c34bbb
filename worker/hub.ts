// The Hugging Face Hub, or a mirror, through its own library: what a model's revision is, which files it has, and their
// bytes from where an earlier attempt stopped. Every refusal is a sentence; the token is in none of them.
import { downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { ZodError } from 'zod';
import { AppError } from '../domain/errors.ts';
import { type HubFile, hubFileSchema } from '../domain/models.ts';
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
  /** A file's bytes from `start` on, piece by piece, until `onChunk` wants no more. */
  read(
    hubId: string,
    commit: string,
    file: HubFile,
    start: number,
    onChunk: (chunk: Uint8Array) => Promise<boolean>,
  ): Promise<void>;
}

const commitPattern = /^[0-9a-f]{40}$/;

export function openHub({ endpoint, token, signal, silenceMs = 60_000 }: HubOptions): Hub {
  const access = { hubUrl: endpoint, ...(token ? { accessToken: token } : {}) };
  /** Runs `work` with a fetch that ends with the job, or when nothing comes for too long after a `wait`. */
  async function guarded<T>(
    hubId: string,
    work: (fetch: typeof globalThis.fetch, wait: <R>(next: Promise<R>) => Promise<R>) => Promise<T>,
  ): Promise<T> {
    const silence = new AbortController();
    const stop = AbortSignal.any([signal, silence.signal]);
    const wait = async <R>(next: Promise<R>): Promise<R> => {
      const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs);
      return next.finally(() => clearTimeout(timer));
    };
    try {
      return await work((url, init) => wait(fetch(url, { ...init, signal: stop })), wait);
    } catch (error) {
      if (signal.aborted) throw new EngineError('CANCELLED', 'Cancelled.');
      throw inWords(silence.signal.aborted ? silence.signal.reason : error, hubId, endpoint, token !== null);
    } finally {
      // What is still open (a body that was left early) is of no use to anyone.
      silence.abort();
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
          files.push(hubFileSchema.parse({ path, size: lfs?.size ?? size, oid, sha256: lfs?.oid ?? null }));
        }
        return files;
      }),
    read: (hubId, commit, file, start, onChunk) =>
      guarded(hubId, async (fetch, wait) => {
        // Without Xet: its chunks come from elsewhere, and plain ranges can be continued after a kill.
        const blob = await downloadFile({
          ...access,
          repo: hubId,
          path: file.path,
          revision: commit,
          xet: false,
          fetch,
        });
        if (!blob) throw new AppError('HUB_REFUSED', `${hubId} has no ${file.path} any more.`);
        const reader = blob.slice(start, file.size).stream().getReader();
        for (;;) {
          const { done, value } = await wait(reader.read());
          if (done || !(await onChunk(value))) return;
        }
      }),
  };
}

function inWords(error: unknown, hubId: string, endpoint: string, hasToken: boolean): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof HubApiError) return describeStatus(error, hubId, endpoint, hasToken);
  if (error instanceof ZodError) {
    return new AppError('HUB_REFUSED', `${endpoint} lists files of ${hubId} without a usable size or hash.`);
  }
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
