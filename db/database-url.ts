// Where the embedded database's address stands while it runs (mode 0600), for commands that run beside it. Apart from
// the launcher, so that the pages' build does not take that in.
import path from 'node:path';

export function databaseUrlFile(dataDir: string): string {
  return path.join(dataDir, 'database-url');
}
