import { answer } from '../endpoint.ts';

export function GET(request: Request): Promise<Response> {
  return answer((endpoint) => endpoint.listModels(request));
}
