// For supervisors and load balancers: 200 when this process can ask the database.
import { sql } from 'drizzle-orm';
import { serverInstance } from '../../../server/instance.ts';

export async function GET(): Promise<Response> {
  try {
    await serverInstance().db.execute(sql`select 1`);
    return Response.json({ status: 'ok' });
  } catch {
    return Response.json({ status: 'the database cannot be reached' }, { status: 503 });
  }
}
