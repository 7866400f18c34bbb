// For tests: a real HTTP server that answers completions as a script says, and keeps what it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

export interface ScriptedReply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: object | string;
  delayMs?: number;
  /** Break the connection instead of answering; with a body, after half of it. */
  hangUp?: boolean;
}

const requestSchema = z.looseObject({
  messages: z.array(z.object({ role: z.string(), content: z.string() })).default([]),
});

export interface ReceivedRequest {
  url: string;
  headers: IncomingMessage['headers'];
  body: z.infer<typeof requestSchema>;
  /** All that was asked in messages, in one text. */
  question: string;
  at: number;
}

export interface ScriptedServer {
  /** Ends with /v1. */
  baseUrl: string;
  requests: ReceivedRequest[];
  /** The most requests that were being answered at one time. */
  busiest(): number;
  close(): Promise<void>;
}

/** A chat completion that says `content`. */
export function saying(content: unknown): ScriptedReply {
  return { body: { id: 'x', choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] } };
}

/** Starts a server whose replies are made by `script` from the request and its number, from 0. */
export async function startScriptedServer(
  script: (request: ReceivedRequest, number: number) => ScriptedReply,
  port = 0,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  let busy = 0;
  let busiest = 0;

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    busiest = Math.max(busiest, ++busy);
    try {
      incoming.setEncoding('utf8');
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const body = requestSchema.parse(JSON.parse(text));
      const question = body.messages.map(({ content }) => content).join('\n');
      const received = { url: incoming.url ?? '', headers: incoming.headers, body, question, at: performance.now() };
      requests.push(received);
      const reply = script(received, requests.length - 1);
      if (reply.delayMs) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
      send(response, reply);
    } finally {
      busy--;
    }
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const listening = typeof address === 'object' && address ? address.port : port;
  return {
    baseUrl: `http://127.0.0.1:${listening}/v1`,
    requests,
    busiest: () => busiest,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { status = 200, headers = {}, body = '', hangUp }: ScriptedReply): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  if (!hangUp) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  } else if (text === '') {
    response.destroy();
  } else {
    response.writeHead(status, { 'content-length': String(Buffer.byteLength(text)) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  }
}
