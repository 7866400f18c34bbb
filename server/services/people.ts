// Accounts. Made here only: sign-up is closed.
import { hashPassword } from 'better-auth/crypto';
import { and, asc, count, eq, ne } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { members } from '../../db/schema/members.ts';
import { account, type Role, session, user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { isUniqueViolation } from '../database-errors.ts';
import { releaseAllLeases } from './assign.ts';

export interface NewPerson {
  name: string;
  email: string;
  password: string;
}

const personColumns = {
  id: user.id,
  name: user.name,
  email: user.email,
  role: user.role,
  createdAt: user.createdAt,
};

export async function listPeople(db: Queryable) {
  return db.select(personColumns).from(user).orderBy(asc(user.createdAt), asc(user.id));
}

/** A new account; one that is no admin's begins as an annotator of the project that is named. */
export async function createPerson(
  db: Database,
  input: NewPerson & { role: Role; projectId?: string | undefined },
): Promise<{ userId: string }> {
  return db.transaction(async (tx) => {
    const { userId } = await insertPerson(tx, input);
    if (input.projectId && input.role !== 'admin') {
      await tx.insert(members).values({ projectId: input.projectId, userId });
    }
    return { userId };
  });
}

export async function insertPerson(tx: Transaction, input: NewPerson & { role: Role }): Promise<{ userId: string }> {
  const password = await hashPassword(input.password);
  const email = input.email.toLowerCase();
  try {
    const [person] = await tx
      .insert(user)
      .values({ name: input.name, email, role: input.role })
      .returning({ id: user.id });
    if (!person) throw new Error('insert into "user" returned no row');
    await tx.insert(account).values({ userId: person.id, accountId: person.id, providerId: 'credential', password });
    return { userId: person.id };
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new AppError('CONFLICT', `There is already an account for ${email}.`, { cause: error });
    }
    throw error;
  }
}

export async function setRole(db: Database, input: { userId: string; role: Role }): Promise<void> {
  await db.transaction(async (tx) => {
    if (input.role !== 'admin') await requireAnotherAdmin(tx, input.userId);
    const changed = await tx
      .update(user)
      .set({ role: input.role, updatedAt: new Date() })
      .where(eq(user.id, input.userId))
      .returning({ id: user.id });
    if (changed.length === 0) throw new AppError('NOT_FOUND', 'This account does not exist any more.');
  });
}

/** Ends a person's sessions and account; their rankings stay, without a name. */
export async function removePerson(db: Database, input: { userId: string }): Promise<void> {
  await db.transaction(async (tx) => {
    await requireAnotherAdmin(tx, input.userId);
    await releaseAllLeases(tx, input);
    await tx.delete(session).where(eq(session.userId, input.userId));
    const removed = await tx.delete(user).where(eq(user.id, input.userId)).returning({ id: user.id });
    if (removed.length === 0) throw new AppError('NOT_FOUND', 'This account does not exist any more.');
  });
}

/** Locks all admins, so that two of them cannot remove one another at the same moment. */
async function requireAnotherAdmin(tx: Transaction, userId: string): Promise<void> {
  await tx.select({ id: user.id }).from(user).where(eq(user.role, 'admin')).orderBy(asc(user.id)).for('update');
  const [others] = await tx
    .select({ count: count() })
    .from(user)
    .where(and(eq(user.role, 'admin'), ne(user.id, userId)));
  if (others?.count === 0) throw new AppError('CONFLICT', 'This is the last admin: make another one first.');
}
