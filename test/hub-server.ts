// A server that speaks the part of the Hub's API that a download uses: model info, tree, and resolve with a redirect to
// another origin and with ranges. A commit is a name; repositories are folders of this machine.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HubRepository {
  folder: string;
  /** Branches and tags. */
  commits: Record<string, string>;
  /** Nobody reads it without this token; with another one, its terms are not accepted. */
  token?: string;
  /** Lists these sizes instead of a file's own. */
  sizes?: Record<string, number>;
  /** Sends these bytes instead of a file's own. */
  tampered?: Record<string, Buffer>;
}

export interface HubServer {
  url: string;
  repositories: Map<string, HubRepository>;
  /** The path of every request with its range, and whether it carried a token. */
  requests: { path: string; range: string | null; token: string | null; origin: 'hub' | 'store' }[];
  /** Large files come in pieces of this many bytes with a pause before each; null: at once. */
  slowly: { bytes: number; pauseMs: number } | null;
  /** Cuts the connection of the next large file after so many bytes. */
  cutAfter: number | null;
  close(): Promise<void>;
}

const gitHash = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

export async function startHubServer(): Promise<HubServer> {
  const hub = createServer((request, response) => answer(request, response, 'hub'));
  // Another port is another origin: a token must not follow there.
  const store = createServer((request, response) => answer(request, response, 'store'));
  const listen = async (server: typeof hub) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const state: HubServer = {
    url: await listen(hub),
    repositories: new Map(),
    requests: [],
    slowly: null,
    cutAfter: null,
    async close() {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  const storeUrl = await listen(store);

  function answer(request: IncomingMessage, response: ServerResponse, origin: 'hub' | 'store'): unknown {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const token = request.headers.authorization?.replace('Bearer ', '') ?? null;
    const at = decodeURIComponent(url.pathname);
    state.requests.push({ path: at, range: request.headers.range ?? null, token, origin });
    const [, name = '', kind, revision = '', file] =
      /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+)\/(revision|tree|resolve)\/([^/]+)(?:\/(.+))?$/.exec(at) ?? [];
    const repository = state.repositories.get(name);
    const refuse = (status: number, error: string) => sendJson(response, { error }, status);
    if (!repository) return refuse(token ? 404 : 401, 'Repository not found');
    if (origin === 'hub' && repository.token) {
      if (!token) return refuse(401, `Access to model ${name} is restricted.`);
      if (token !== repository.token) return refuse(403, `Access to model ${name} is restricted.`);
    }
    const commit = repository.commits[revision] ?? Object.values(repository.commits).find((sha) => sha === revision);
    if (!commit) return refuse(404, `Invalid rev id: ${revision}`);
    const read = (entry: string) => readFileSync(path.join(repository.folder, entry));
    const isLarge = (entry: string) => entry.endsWith('.safetensors');
    if (kind === 'revision') return sendJson(response, { _id: '1', id: name, sha: commit, lastModified: '2025-01-01' });
    if (kind === 'tree') {
      const entries = readdirSync(repository.folder).map((entry) => {
        const content = read(entry);
        const size = repository.sizes?.[entry] ?? content.length;
        const lfs = { oid: createHash('sha256').update(content).digest('hex'), size, pointerSize: 130 };
        return {
          type: 'file',
          path: entry,
          size,
          oid: gitHash(content),
          ...(isLarge(entry) ? { lfs } : {}),
        };
      });
      return sendJson(response, [...entries, { type: 'directory', path: 'onnx', size: 0, oid: '0'.repeat(40) }]);
    }
    if (!file) return refuse(404, 'Entry not found');
    if (origin === 'hub' && isLarge(file)) {
      return response.writeHead(302, { location: `${storeUrl}${request.url}` }).end();
    }
    return sendFile(request, response, repository.tampered?.[file] ?? read(file), isLarge(file));
  }

  async function sendFile(request: IncomingMessage, response: ServerResponse, content: Buffer, isLarge: boolean) {
    const [, from = '0', to] = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '') ?? [];
    const body = content.subarray(Number(from), to ? Number(to) + 1 : undefined);
    response.writeHead(request.headers.range ? 206 : 200, {
      'content-length': body.length,
      'accept-ranges': 'bytes',
      etag: `"${createHash('sha256').update(content).digest('hex')}"`,
      ...(request.headers.range
        ? { 'content-range': `bytes ${from}-${Number(from) + body.length - 1}/${content.length}` }
        : {}),
    });
    const isProbe = body.length <= 1;
    if (isLarge && !isProbe && state.cutAfter !== null) {
      const cut = state.cutAfter;
      state.cutAfter = null;
      response.write(body.subarray(0, cut), () => response.destroy());
      return;
    }
    const { slowly } = state;
    if (!isLarge || isProbe || !slowly) {
      response.end(body);
      return;
    }
    for (let at = 0; at < body.length && !response.destroyed; at += slowly.bytes) {
      await sleep(slowly.pauseMs);
      response.write(body.subarray(at, at + slowly.bytes));
    }
    response.end();
  }

  return state;
}

function sendJson(response: ServerResponse, value: unknown, status = 200): unknown {
  return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
