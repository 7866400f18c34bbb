// How often something may be tried, counted in the database, so that several processes count together.
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../../db/client.ts';

export interface Limit {
  /** Takes one of a key's tries; null, or the seconds until the next one where none is left. */
  take(key: string): Promise<number | null>;
  readonly perMinute: number;
}

export function openLimit(db: Database, name: string, perMinute: number): Limit {
  const limiter = new RateLimiterPostgres({
    storeClient: db.$client,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: true,
    keyPrefix: name,
    points: perMinute,
    duration: 60,
  });
  return {
    perMinute,
    async take(key) {
      try {
        await limiter.consume(key);
        return null;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        return Math.ceil(refused.msBeforeNext / 1_000);
      }
    },
  };
}
