// The endpoint of this process. Without its database, a caller is told so in OpenAI's own shape.
import { serverInstance } from '../../server/instance.ts';
import { type Endpoint, errorResponse } from '../../server/openai/endpoint.ts';

export async function answer(work: (endpoint: Endpoint) => Promise<Response>): Promise<Response> {
  try {
    return await work(serverInstance().endpoint);
  } catch (error) {
    return errorResponse(error);
  }
}
