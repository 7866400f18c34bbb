import type { toast as show } from 'sonner';
import { expect, test, vi } from 'vitest';
import { onFirstToast, showThrough, toast } from './toast.ts';

test('a notice wakes the toaster, waits until it is there, and is shown once', () => {
  const start = vi.fn();
  toast.error('too early');
  const forget = onFirstToast(start);
  expect(start).toHaveBeenCalledTimes(1);
  toast('waits too');

  const said: string[] = [];
  const say = (kind: string) => (message: string) => said.push(`${kind}: ${message}`);
  const sonner = { message: say('message'), success: say('success'), error: say('error') };
  showThrough(sonner as unknown as typeof show);
  expect(said).toEqual(['error: too early', 'message: waits too']);
  forget();
  toast.success('now');
  expect(said).toEqual(['error: too early', 'message: waits too', 'success: now']);
});
