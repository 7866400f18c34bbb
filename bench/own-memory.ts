// How much memory is a process's own, followed from outside while it works: pages that no file backs. Pages of a file that
// is only read, such as a checkpoint's, are the system's to take back, and are left out.
import { readFileSync } from 'node:fs';

const everyMs = 10;

export interface MemoryWatch {
  /** The most bytes seen so far; null where the system does not tell (Linux does). */
  peak(): number | null;
  stop(): void;
}

export function watchOwnMemory(pid: number | undefined): MemoryWatch {
  let most: number | null = null;
  const timer = setInterval(() => {
    const held = ownBytes(pid);
    if (held !== null && held > (most ?? 0)) most = held;
  }, everyMs);
  timer.unref();
  return { peak: () => most, stop: () => clearInterval(timer) };
}

function ownBytes(pid: number | undefined): number | null {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes ? Number(kilobytes) * 1024 : null;
  } catch {
    return null; // It has ended, or this is not Linux.
  }
}
