// Who may do what in a project, and what they can be given to rank; the links by which people join.
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { projectRoles } from '../../domain/roles.ts';
import { createdAt, id, instant } from './columns.ts';
import { user } from './people.ts';
import { projects } from './project.ts';

/** Languages (BCP 47) and qualifications decide which tasks suit a person; no language is all of them. */
const suits = () => ({
  languages: text('languages').array().notNull().default([]),
  qualifications: text('qualifications').array().notNull().default([]),
});

/** Installation admins need no row: they may do everything everywhere. */
export const members = pgTable(
  'members',
  {
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    role: text('role', { enum: projectRoles }).notNull().default('annotator'),
    ...suits(),
    /** When the onboarding test was passed, or an admin let them in without it. */
    onboardedAt: instant('onboarded_at'),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.userId] }), index().on(t.userId)],
);

/** A link by which people join a project: only its token's SHA-256 is kept. */
export const invitations = pgTable(
  'invitations',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    role: text('role', { enum: projectRoles }).notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    ...suits(),
    expiresAt: instant('expires_at').notNull(),
    maxUses: integer('max_uses').notNull().default(1),
    uses: integer('uses').notNull().default(0),
    revokedAt: instant('revoked_at'),
    createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.projectId)],
);
