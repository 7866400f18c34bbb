// Invitations: links by which people join a project, with an account that they have or one that they make. The token
// is shown once and is sent in bodies only; afterwards its hash is all that is known of it.
import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { invitations, members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import { projects } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { type InvitationState, invitationState, type NewInvitation } from '../../domain/members.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import type { User } from '../auth.ts';
import { type Limit, openLimit } from './limits.ts';
import { findRole } from './members.ts';
import { notify } from './notify.ts';
import { insertPerson, type NewPerson } from './people.ts';

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const dayMs = 86_400_000;

export async function listInvitations(db: Queryable, params: { projectId: string }) {
  const rows = await db
    .select({
      id: invitations.id,
      role: invitations.role,
      languages: invitations.languages,
      qualifications: invitations.qualifications,
      expiresAt: invitations.expiresAt,
      maxUses: invitations.maxUses,
      uses: invitations.uses,
      revokedAt: invitations.revokedAt,
      createdAt: invitations.createdAt,
      createdBy: user.name,
    })
    .from(invitations)
    .leftJoin(user, eq(user.id, invitations.createdBy))
    .where(eq(invitations.projectId, params.projectId))
    .orderBy(desc(invitations.createdAt), desc(invitations.id));
  return rows.map((row) => ({ ...row, state: invitationState(row) }));
}

/** The only time that the token itself is given. */
export async function createInvitation(
  db: Database,
  actor: Pick<User, 'id'>,
  { days, ...input }: NewInvitation & { projectId: string },
): Promise<{ invitationId: string; token: string; expiresAt: Date }> {
  // 256 random bits need no slow hash: nobody can try them all.
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Date.now() + days * dayMs);
  const [created] = await db
    .insert(invitations)
    .values({ ...input, tokenHash: hashOf(token), expiresAt, createdBy: actor.id })
    .returning({ id: invitations.id });
  if (!created) throw new Error('insert into invitations returned no row');
  return { invitationId: created.id, token, expiresAt };
}

/** From now on the link opens nothing; those who have joined stay. */
export async function revokeInvitation(db: Database, params: { invitationId: string }): Promise<void> {
  const revoked = await db
    .update(invitations)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(invitations.id, params.invitationId), isNull(invitations.revokedAt)))
    .returning({ id: invitations.id });
  if (revoked.length === 0) throw new AppError('CONFLICT', 'This invitation has been revoked already.');
}

/** What the join page may know: the project's name only while the link is good. */
export type InvitationView =
  | { state: Exclude<InvitationState, 'open'> }
  | { state: 'open'; project: string; role: ProjectRole; isMember: boolean };

/** How a link stands, for whoever holds it; `actor` is who is signed in. */
export async function lookAtInvitation(
  db: Database,
  actor: User | null,
  input: { token: string },
): Promise<InvitationView> {
  const invitation = await findInvitation(db, input.token);
  if (!invitation) return { state: 'unknown' };
  const state = invitationState(invitation);
  if (state !== 'open') return { state };
  const isMember = actor !== null && (await findRole(db, actor, invitation.projectId)) !== null;
  return { state, project: invitation.project, role: invitation.role, isMember };
}

/** Joins with the account that is signed in. Whoever is a member already uses nothing up, and keeps their role. */
export async function joinProject(
  db: Database,
  actor: User,
  input: { token: string },
): Promise<{ projectId: string; isNew: boolean }> {
  const invitation = await findInvitation(db, input.token);
  if (!invitation) throw refusal('unknown');
  const { projectId } = invitation;
  if (await findRole(db, actor, projectId)) return { projectId, isNew: false };
  await takeTry(db, invitation.id);
  return db.transaction(async (tx) => {
    const isNew = await insertMember(tx, invitation, actor.id);
    if (isNew) await takeUse(tx, invitation.id);
    return { projectId, isNew };
  });
}

/** Makes an account, an annotator's in the installation, and joins with it; both or neither. */
export async function joinAsNewPerson(
  db: Database,
  input: NewPerson & { token: string },
): Promise<{ projectId: string; userId: string }> {
  const invitation = await findInvitation(db, input.token);
  if (!invitation) throw refusal('unknown');
  const state = invitationState(invitation);
  if (state !== 'open') throw refusal(state);
  // Before the password is hashed, which is slow on purpose.
  await takeTry(db, invitation.id);
  return db.transaction(async (tx) => {
    const { userId } = await insertPerson(tx, { ...input, role: 'annotator' });
    await insertMember(tx, invitation, userId);
    await takeUse(tx, invitation.id);
    return { projectId: invitation.projectId, userId };
  });
}

type Invitation = typeof invitations.$inferSelect & { project: string };

/** Unknown tokens share one count of tries, which no good link is refused by. */
async function findInvitation(db: Database, token: string): Promise<Invitation | null> {
  const [found] = await db
    .select({ invitation: invitations, project: projects.name })
    .from(invitations)
    .innerJoin(projects, eq(projects.id, invitations.projectId))
    .where(eq(invitations.tokenHash, hashOf(token)));
  if (found) return { ...found.invitation, project: found.project };
  await takeTry(db, 'unknown');
  return null;
}

async function insertMember(tx: Transaction, invitation: Invitation, userId: string): Promise<boolean> {
  const { projectId, role, languages, qualifications } = invitation;
  const added = await tx
    .insert(members)
    .values({ projectId, userId, role, languages, qualifications })
    .onConflictDoNothing()
    .returning({ userId: members.userId });
  await notify(tx, 'project', projectId);
  return added.length > 0;
}

/** The condition is asked again once the row is ours: of two people at the last use, one gets it. */
async function takeUse(tx: Transaction, invitationId: string): Promise<void> {
  const taken = await tx
    .update(invitations)
    .set({ uses: sql`${invitations.uses} + 1` })
    .where(
      and(
        eq(invitations.id, invitationId),
        isNull(invitations.revokedAt),
        gt(invitations.expiresAt, sql`now()`),
        lt(invitations.uses, invitations.maxUses),
      ),
    )
    .returning({ id: invitations.id });
  if (taken.length > 0) return;
  const [now] = await tx.select().from(invitations).where(eq(invitations.id, invitationId));
  const state = now ? invitationState(now) : 'unknown';
  throw refusal(state === 'open' ? 'expired' : state);
}

const words: { [S in Exclude<InvitationState, 'open'>]: string } = {
  expired: 'This invitation has expired: ask for a new link.',
  used: 'This invitation has been used as often as it may be: ask for a new link.',
  revoked: 'This invitation has been revoked: ask for a new link.',
  unknown: 'This invitation is not known here: look whether the whole link was copied.',
};
const refusal = (state: keyof typeof words) =>
  new AppError(state === 'unknown' ? 'NOT_FOUND' : 'CONFLICT', words[state]);

const triesPerMinute = 60;
const limits = new WeakMap<Database, Limit>();

async function takeTry(db: Database, key: string): Promise<void> {
  const limit = limits.get(db) ?? openLimit(db, 'join', triesPerMinute);
  limits.set(db, limit);
  const seconds = await limit.take(key);
  if (seconds !== null) {
    throw new AppError('RATE_LIMITED', `Too many people are trying this at once: try again in ${seconds} s.`);
  }
}
