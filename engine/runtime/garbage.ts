// What a run gives out lies outside V8's heap, which is slow to notice when nobody holds it any longer: the outputs of a
// whole job would lie there side by side. So V8 is asked to look, once there is enough to find.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const enoughBytes = 2 * 2 ** 20;
let given = 0;
let collect: ((options: { type: 'minor' }) => void) | null = null;

/** Counts the bytes that a run has given out. */
export function countGiven(bytes: number): void {
  given += bytes;
}

/** Frees what earlier runs gave out and nobody holds, where it may be much: half a millisecond, since only young objects are looked at. */
export function collectGiven(): void {
  if (given < enoughBytes) return;
  given = 0;
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as typeof collect;
  }
  collect?.({ type: 'minor' });
}
