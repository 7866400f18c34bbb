// A deadline for synchronous work on strangers' files: a regular expression that backtracks for ever, a template that
// loops. The work is interrupted where it stands, builtins and regular expressions included.
import vm from 'node:vm';
import type { EngineError } from '../errors.ts';

/** Only its time limit is wanted: what it runs are functions of this realm. It costs 0.1 ms a call (a watching thread). */
const realm = vm.createContext(Object.create(null));
const call = new vm.Script('work()');

/** The words of the innermost guard at work, if there is one. */
let describeInner: (() => EngineError) | null = null;

/**
 * The result of `work`, or `describeLate`'s error when it takes longer than `milliseconds`. Of guards within one
 * another the outermost's deadline holds, and the innermost says what took so long.
 */
export function withinDeadline<T>(milliseconds: number, work: () => T, describeLate: () => EngineError): T {
  const outer = describeInner;
  describeInner = describeLate;
  try {
    return outer ? work() : interruptible(milliseconds, work);
  } finally {
    // An interruption passes by the inner guards' `finally`, so that what they said still stands for the outermost.
    describeInner = outer;
  }
}

function interruptible<T>(milliseconds: number, work: () => T): T {
  realm.work = work;
  try {
    return call.runInContext(realm, { timeout: Math.ceil(milliseconds) });
  } catch (error) {
    throw isTimeout(error) && describeInner ? describeInner() : error;
  } finally {
    realm.work = undefined;
  }
}

/** Not an instance of this realm's Error. */
const isTimeout = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
