// How much memory a contestant has held.
import { readFileSync } from 'node:fs';

/** Most memory held so far. The kernel's count for getrusage starts at the parent's, so Linux is asked another way. */
export function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
