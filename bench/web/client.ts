// One annotator's browser as the server sees it: requests over one kept connection, and the stream of changes.
import { Agent, request } from 'node:http';

export interface Reply {
  status: number;
  body: string;
  ms: number;
}

export interface Calls {
  /** Milliseconds by procedure. */
  times: Map<string, number[]>;
  /** Replies of 500 and above, and connections that broke. */
  failures: Map<string, number>;
}

export class AnnotatorClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 6 });

  readonly #origin: string;
  readonly #cookie: string;
  readonly #calls: Calls;

  constructor(origin: string, cookie: string, calls: Calls) {
    this.#origin = origin;
    this.#cookie = cookie;
    this.#calls = calls;
  }

  /** The procedure's data; throws an error with `status` 0 where the connection broke. */
  async mutate<T>(path: string, input: unknown): Promise<T> {
    return this.#call<T>('POST', path, `/api/trpc/${path}`, JSON.stringify({ json: input }));
  }

  async query<T>(path: string, input: unknown): Promise<T> {
    return this.#call<T>('GET', path, `/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`);
  }

  async #call<T>(method: string, name: string, url: string, body?: string): Promise<T> {
    const reply = await this.#send(method, url, body);
    if (reply.status === 0 || reply.status >= 500) {
      this.#calls.failures.set(name, (this.#calls.failures.get(name) ?? 0) + 1);
    }
    const times = this.#calls.times.get(name) ?? [];
    this.#calls.times.set(name, times);
    if (reply.status !== 0) times.push(reply.ms);
    if (reply.status !== 200)
      throw Object.assign(new Error(`${name}: ${reply.status} ${reply.body.slice(0, 300)}`), reply);
    return JSON.parse(reply.body).result.data.json as T;
  }

  #send(method: string, url: string, body?: string): Promise<Reply> {
    const started = performance.now();
    return new Promise((resolve) => {
      const failed = () => resolve({ status: 0, body: 'the connection broke', ms: performance.now() - started });
      const sent = request(
        `${this.#origin}${url}`,
        {
          method,
          agent: this.#agent,
          headers: {
            cookie: this.#cookie,
            origin: this.#origin,
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', failed);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(parts).toString(),
              ms: performance.now() - started,
            }),
          );
        },
      );
      sent.on('error', failed);
      sent.end(body);
    });
  }

  /** Listens to what changes, as every open page does; what comes is counted and let go. Opens anew when it breaks. */
  listen(projectId: string, signal: AbortSignal, onEvent: () => void): void {
    if (signal.aborted) return;
    const again = () => void setTimeout(() => this.listen(projectId, signal, onEvent), 1_000).unref();
    const input = encodeURIComponent(JSON.stringify({ json: { projectId } }));
    const opened = request(
      `${this.#origin}/api/trpc/events.onChange?input=${input}`,
      { agent: this.#agent, headers: { cookie: this.#cookie, accept: 'text/event-stream' }, signal },
      (response) => {
        response.on('data', onEvent);
        response.on('error', () => undefined);
        response.on('close', again);
      },
    );
    opened.on('error', again);
    opened.end();
  }

  close(): void {
    this.#agent.destroy();
  }
}
