// Accounts for tests.
import type { Database } from '../db/client.ts';
import { members } from '../db/schema/members.ts';
import { type Role, user } from '../db/schema/people.ts';
import { projects } from '../db/schema/project.ts';
import type { User } from '../server/auth.ts';

let count = 0;

/** A person without a password: for services and routers, where nobody signs in. Annotators are members everywhere. */
export async function addPerson(db: Database, role: Role = 'annotator'): Promise<User> {
  count += 1;
  const [person] = await db
    .insert(user)
    .values({ name: `Person ${count}`, email: `person${count}@example.test`, role })
    .returning();
  if (!person) throw new Error('insert into "user" returned no row');
  if (role !== 'admin') {
    const all = await db.select({ projectId: projects.id }).from(projects);
    if (all.length > 0) await db.insert(members).values(all.map(({ projectId }) => ({ projectId, userId: person.id })));
  }
  return { id: person.id, name: person.name, email: person.email, role: person.role };
}

export async function addMember(db: Database, member: typeof members.$inferInsert): Promise<void> {
  await db.insert(members).values(member);
}
