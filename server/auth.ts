// Sign-in by e-mail and password (Better Auth on our tables). Nobody can sign up: accounts are made by
// server/services/people.ts alone, for the set-up token's holder or an admin.
import { randomUUID } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import type { Database } from '../db/client.ts';
import { account, type Role, session, user, verification } from '../db/schema/people.ts';

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
}

export const minPasswordLength = 8;
export const maxPasswordLength = 128;

export function createAuth(db: Database, secret: string, publicUrl: string | null = null) {
  return betterAuth({
    appName: 'Rankloop',
    secret,
    database: drizzleAdapter(db, { provider: 'pg', schema: { user, session, account, verification } }),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength, maxPasswordLength },
    user: {
      additionalFields: {
        role: { type: 'string', required: false, defaultValue: 'annotator', input: false },
      },
    },
    advanced: {
      cookiePrefix: 'rankloop',
      // As it is by default, but in tests too.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      database: { generateId: () => randomUUID() },
      // A browser drops secure cookies that come over plain http, which is how the app is first met.
      useSecureCookies: publicUrl?.startsWith('https:') ?? false,
    },
    // The app has no fixed address (127.0.0.1, localhost, a LAN name): a request must come from the host that it is
    // sent to.
    trustedOrigins: async (request) => {
      const host = request?.headers.get('host');
      return [
        ...(host ? [`http://${host}`, `https://${host}`] : []),
        ...(publicUrl ? [new URL(publicUrl).origin] : []),
      ];
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  });
}

export type Auth = ReturnType<typeof createAuth>;

/** Who sends these headers; null for a stranger. */
export async function findUser(auth: Auth, headers: Headers): Promise<User | null> {
  const found = await auth.api.getSession({ headers });
  if (!found) return null;
  const { id, name, email, role } = found.user;
  return { id, name, email, role: role === 'admin' ? 'admin' : 'annotator' };
}
