// Who a session's cookie belongs to, remembered for a moment: an annotator's page sends a ranking and asks for the next in
// the same instant, and looking a session up costs as much as either. A session that ends elsewhere, or a role that is
// taken away, is known within that moment; what somebody may do in a project is asked for each request all the same.
import type { User } from './auth.ts';

type FindUser = (headers: Headers) => Promise<User | null>;

export const rememberedMs = 5_000;
/** Beyond this many the oldest are forgotten. */
const mostVisitors = 10_000;

/** `find`, asked at most once a moment for each cookie. Strangers and failures are not remembered. */
export function rememberVisitors(find: FindUser, now: () => number = Date.now): FindUser {
  const known = new Map<string, { found: Promise<User | null>; until: number }>();
  return (headers) => {
    const cookie = headers.get('cookie');
    if (!cookie) return find(headers);
    const remembered = known.get(cookie);
    if (remembered && remembered.until > now()) return remembered.found;
    known.delete(cookie);
    const found = find(headers);
    const entry = { found, until: now() + rememberedMs };
    known.set(cookie, entry);
    const forget = () => {
      if (known.get(cookie) === entry) known.delete(cookie);
    };
    found.then((user) => user ?? forget(), forget);
    for (const [oldest] of known) {
      if (known.size <= mostVisitors) break;
      known.delete(oldest);
    }
    return found;
  };
}
