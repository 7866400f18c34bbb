import { answer } from '../../endpoint.ts';

export function POST(request: Request): Promise<Response> {
  return answer((endpoint) => endpoint.chatCompletions(request));
}
