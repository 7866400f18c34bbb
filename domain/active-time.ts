// The time for which somebody was at work on a task: the page in sight and in focus, and the person active within the
// last minute. A pure clock that is told what happens and when; times are milliseconds of any steady clock.

/** Reading needs no key for a while; whoever does nothing for longer has left. */
export const idleAfterMs = 60_000;

export interface ActiveClock {
  readonly spentMs: number;
  /** Since when the time counts; null while the page is out of sight or focus. */
  readonly since: number | null;
  readonly lastActivity: number;
}

export function startClock(now: number, isAttended: boolean, spentMs = 0): ActiveClock {
  return { spentMs, since: isAttended ? now : null, lastActivity: now };
}

/** Active milliseconds until `now`. */
export function activeMs({ spentMs, since, lastActivity }: ActiveClock, now: number): number {
  return since === null ? spentMs : spentMs + Math.max(0, Math.min(now, lastActivity + idleAfterMs) - since);
}

/** A key, a pointer, a scroll: the minute begins anew, and what lay beyond the last one is not counted. */
export function act(clock: ActiveClock, now: number): ActiveClock {
  return { spentMs: activeMs(clock, now), since: clock.since === null ? null : now, lastActivity: now };
}

/** The page came into sight and focus, or went out of it. Coming back is an activity. */
export function attend(clock: ActiveClock, now: number, isAttended: boolean): ActiveClock {
  return {
    spentMs: activeMs(clock, now),
    since: isAttended ? now : null,
    lastActivity: isAttended ? now : clock.lastActivity,
  };
}
