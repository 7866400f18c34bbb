import { answer } from '../../endpoint.ts';

/** A model's name may hold a slash: "demo/round-1". */
export async function GET(request: Request, { params }: { params: Promise<{ model: string[] }> }): Promise<Response> {
  const { model } = await params;
  return answer((endpoint) => endpoint.getModel(request, model.map(decodeURIComponent).join('/')));
}
