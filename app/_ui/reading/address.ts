// Where a link may lead: a web or mail address that is whole, and says itself where it goes.
import type { SafeAddress } from './tree.ts';

const hostOf: Record<string, (url: URL) => string> = {
  'http:': (url) => url.host,
  'https:': (url) => url.host,
  'mailto:': (url) => url.pathname,
};

/** Null for what must not be followed: scripts, data, files, relative addresses, and names that hide another host. */
export function readAddress(text: string): SafeAddress | null {
  // A browser drops white space and control characters inside an address; a person would not see them.
  if (!/^(https?:\/\/|mailto:)/i.test(text) || /[\s\p{Cc}\p{Cf}\\]/u.test(text)) return null;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username || url.password) return null;
  const host = hostOf[url.protocol]?.(url);
  return host ? { href: url.href, host } : null;
}
