// The web process's one database pool, sign-in and change feed, made on first use: importing this file touches nothing,
// so that `next build` needs no database.
import { type Database, openDatabase } from '../db/client.ts';
import { type ArtifactStore, artifactsDirOf, openLocalArtifacts } from './artifacts.ts';
import { type Auth, createAuth, findUser, type User } from './auth.ts';
import { readEnvironment, requireDatabaseUrl } from './env.ts';
import { type ChangeFeed, openChangeFeed } from './events.ts';
import { createEndpoint, type Endpoint } from './openai/endpoint.ts';
import { authSecret, installationSecret } from './secrets.ts';
import type { Context } from './trpc.ts';
import { rememberVisitors } from './visitors.ts';

export interface ServerInstance {
  db: Database;
  auth: Auth;
  /** Who sends these headers, as it was a moment ago (server/visitors.ts). */
  findVisitor: (headers: Headers) => Promise<User | null>;
  events: ChangeFeed;
  endpoint: Endpoint;
  secret: string;
  modelsDir: string;
  artifacts: ArtifactStore;
  hubEndpoint: string;
}

// Next bundles each route by itself, so a module's own variable would exist several times.
const holder = globalThis as { rankloopServer?: ServerInstance };

export function serverInstance(): ServerInstance {
  holder.rankloopServer ??= openInstance();
  return holder.rankloopServer;
}

function openInstance(): ServerInstance {
  const environment = readEnvironment();
  const url = requireDatabaseUrl(environment);
  const secret = installationSecret(environment);
  const db = openDatabase(url, { max: 20, applicationName: 'rankloop web' });
  const { modelsDir, hubEndpoint, dataDir } = environment;
  const artifacts = openLocalArtifacts(artifactsDirOf(dataDir));
  const auth = createAuth(db, authSecret(secret), environment.publicUrl);
  const endpoint = createEndpoint({ db, secret });
  const findVisitor = rememberVisitors((headers) => findUser(auth, headers));
  return { db, secret, auth, findVisitor, endpoint, events: openChangeFeed(url), modelsDir, artifacts, hubEndpoint };
}

/** For the tRPC route: the context of one request. */
export async function createContext(headers: Headers): Promise<Context> {
  const { auth: _, endpoint: __, findVisitor, ...instance } = serverInstance();
  return { ...instance, user: await findVisitor(headers) };
}

/** For pages and plain routes: who is signed in. */
export function currentUser(headers: Headers): Promise<User | null> {
  return serverInstance().findVisitor(headers);
}
