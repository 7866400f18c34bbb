import { serverInstance } from '../../../../server/instance.ts';

function handler(request: Request): Promise<Response> {
  return serverInstance().auth.handler(request);
}

export { handler as GET, handler as POST };
