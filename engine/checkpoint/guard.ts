// A deadline for synchronous work on strangers' files: a regular expression that backtracks for ever, a template that
// loops. The work is interrupted where it stands, builtins and regular expressions included.
import vm from 'node:vm';
import type { EngineError } from '../errors.ts';

/** Only its time limit is wanted: what it runs are functions of this realm. It costs 0.1 ms a call (a watching thread). */
const realm = vm.createContext(Object.create(null));
const call = new vm.Script('work()');

/** True inside a guard: the outer deadline holds for the work within it. */
let isGuarded = false;

/** The result of `work`, or `describeLate`'s error when it takes longer than `milliseconds`. */
export function withinDeadline<T>(milliseconds: number, work: () => T, describeLate: () => EngineError): T {
  if (isGuarded) return work();
  isGuarded = true;
  realm.work = work;
  try {
    return call.runInContext(realm, { timeout: Math.ceil(milliseconds) });
  } catch (error) {
    throw isTimeout(error) ? describeLate() : error;
  } finally {
    realm.work = undefined;
    isGuarded = false;
  }
}

/** Not an instance of this realm's Error. */
const isTimeout = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
