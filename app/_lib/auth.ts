// Signing in and out, as two requests to Better Auth's endpoints: its browser client would be weight for nothing.

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export type SignInOutcome = 'ok' | 'refused' | 'tooMany' | 'unreachable';

export async function signIn(email: string, password: string): Promise<SignInOutcome> {
  try {
    const response = await post('sign-in/email', { email, password });
    if (response.ok) return 'ok';
    if (response.status === 429) return 'tooMany';
    return response.status < 500 ? 'refused' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}

export async function signOut(): Promise<void> {
  await post('sign-out', {});
}
