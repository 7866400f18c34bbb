// Columns that many tables have.
import { bigint, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { conditionNames } from '../../domain/conditional.ts';

export const id = () => uuid('id').primaryKey().defaultRandom();
export const instant = (name: string) => timestamp(name, { withTimezone: true });
export const createdAt = () => instant('created_at').notNull().defaultNow();
export const seed = () => bigint('seed', { mode: 'number' }).notNull();
/** What of a prompt beside its messages is rendered into it. */
export const conditions = () => text('conditions', { enum: conditionNames }).array().notNull().default([]);
