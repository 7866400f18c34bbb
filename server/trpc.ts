// tRPC's set-up: the context, the kinds of procedure, and errors as domain/errors.ts words them.
import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import superjson from 'superjson';
import { ZodError, z } from 'zod';
import type { Database } from '../db/client.ts';
import { AppError, asKnownError, type ErrorCode, type ErrorTraits } from '../domain/errors.ts';
import type { ProjectRole } from '../domain/roles.ts';
import type { ArtifactStore } from './artifacts.ts';
import type { User } from './auth.ts';
import { isConnectionError } from './database-errors.ts';
import type { ChangeFeed } from './events.ts';
import { readAsker } from './services/asker.ts';
import { requireRole } from './services/members.ts';
import { type RowName, requireRoleAt, rowInputs } from './services/rows.ts';

export interface Context {
  db: Database;
  user: User | null;
  events: ChangeFeed;
  /** The installation's secret: encrypts judges' API keys and the Hub token. */
  secret: string;
  modelsDir: string;
  artifacts: ArtifactStore;
  hubEndpoint: string;
}

const trpcCodes: { [H in ErrorTraits['http']]: TRPC_ERROR_CODE_KEY } = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  499: 'CLIENT_CLOSED_REQUEST',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

interface ErrorWords {
  code: ErrorCode | null;
  retry: boolean;
  message: string;
}

function wordsOf(error: TRPCError): ErrorWords {
  const known = asKnownError(error.cause);
  if (known) return { code: known.code, retry: known.traits.retry, message: known.message };
  if (error.cause instanceof ZodError) {
    const issue = error.cause.issues[0];
    const where = issue?.path.join('.');
    return {
      code: 'INVALID_INPUT',
      retry: false,
      message: `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}`,
    };
  }
  // A defect of ours: the page must not show its insides.
  if (error.code === 'INTERNAL_SERVER_ERROR') {
    return { code: null, retry: false, message: 'Something went wrong on the server. Its log says what.' };
  }
  return { code: null, retry: false, message: error.message };
}

const t = initTRPC.context<Context>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
  errorFormatter: ({ shape, error }) => {
    const { code, retry, message } = wordsOf(error);
    const { stack: _stack, ...data } = shape.data;
    return { ...shape, message, data: { ...data, appCode: code, retry } };
  },
});

const translateErrors = t.middleware(async ({ next, path }) => {
  const result = await next();
  if (result.ok) return result;
  let cause: unknown = result.error.cause;
  if (isConnectionError(cause)) {
    cause = new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached. It may be restarting: try again.', {
      cause,
    });
  }
  const known = asKnownError(cause);
  if (known) throw new TRPCError({ code: trpcCodes[known.traits.http], message: known.message, cause });
  if (result.error.code === 'INTERNAL_SERVER_ERROR') console.error(`${path}:`, result.error.cause ?? result.error);
  throw result.error;
});

export const router = t.router;
export const createCaller = t.createCallerFactory;

/** Open to strangers: set-up only. */
export const publicProcedure = t.procedure.use(translateErrors);

/** Anyone signed in: their own account, and what no project holds. */
export const annotatorProcedure = publicProcedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
  return next({ ctx: { ...ctx, user: ctx.user } });
});

/** A member of the project that the input names, with this role there or a higher one. */
export function projectProcedure(wanted: ProjectRole) {
  return annotatorProcedure.input(z.object({ projectId: z.uuid() })).use(async ({ ctx, input, next }) => {
    const projectRole = await requireRole(ctx.db, ctx.user, input.projectId, wanted);
    return next({ ctx: { ...ctx, projectRole } });
  });
}

/** A member of the project that the input names, as one who ranks there. */
export const askerProcedure = annotatorProcedure
  .input(z.object({ projectId: z.uuid() }))
  .use(async ({ ctx, input, next }) => {
    const asker = await readAsker(ctx.db, ctx.user, input.projectId);
    return next({ ctx: { ...ctx, asker } });
  });

/** A member with this role, or a higher one, of the project whose row the input names (a round, a prompt). */
export function rowProcedure<N extends RowName>(name: N, wanted: ProjectRole) {
  return annotatorProcedure.input(rowInputs[name]).use(async ({ ctx, input, next }) => {
    // Nothing but this id has been parsed yet.
    const id = z.record(z.string(), z.uuid()).parse(input)[name] ?? '';
    await requireRoleAt(ctx.db, ctx.user, { name, id }, wanted);
    return next();
  });
}

/** An admin of the whole installation. */
export const adminProcedure = annotatorProcedure.use(({ ctx, next }) => {
  if (ctx.user.role !== 'admin') throw new AppError('FORBIDDEN', 'Only an admin may do this.');
  return next({ ctx });
});
