'use client';
// The token of a link is taken out of the address at once, so that neither the history nor a shared screen keeps it; it
// survives signing in and a reload in this tab alone.
import { useEffect, useState } from 'react';

const key = 'rankloop.invitation';

/** undefined: not looked yet; null: there is none. */
export function useInvitationToken(): string | null | undefined {
  const [token, setToken] = useState<string | null>();
  useEffect(() => {
    const fromAddress = window.location.hash.slice(1);
    if (fromAddress) {
      window.sessionStorage.setItem(key, fromAddress);
      window.history.replaceState(null, '', window.location.pathname);
    }
    setToken(fromAddress || window.sessionStorage.getItem(key));
  }, []);
  return token;
}

export function forgetInvitationToken(): void {
  window.sessionStorage.removeItem(key);
}
