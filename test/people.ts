// Accounts for tests.
import type { Database } from '../db/client.ts';
import { type Role, user } from '../db/schema/people.ts';
import type { User } from '../server/auth.ts';

let count = 0;

/** A person without a password: for services and routers, where nobody signs in. */
export async function addPerson(db: Database, role: Role = 'annotator'): Promise<User> {
  count += 1;
  const [person] = await db
    .insert(user)
    .values({ name: `Person ${count}`, email: `person${count}@example.test`, role })
    .returning();
  if (!person) throw new Error('insert into "user" returned no row');
  return { id: person.id, name: person.name, email: person.email, role: person.role };
}
