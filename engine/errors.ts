// The engine's one error: what is wrong, where, and how to mend it, in one sentence that a person can act on.
// domain/errors.ts gives each code its HTTP status and says whether trying again can help.

export type EngineErrorCode =
  | 'CHECKPOINT_INVALID' // a file of the model folder is missing, cut or contradicts itself
  | 'CHECKPOINT_UNSUPPORTED' // a sound checkpoint that this engine does not run
  | 'ADAPTER_INVALID'
  | 'TOKENIZER_INVALID'
  | 'CHAT_TEMPLATE_INVALID'
  | 'CONFIG_INVALID' // a setting that is unknown or out of bounds
  | 'DATA_INVALID' // a prompt or pair that cannot be used, with its line
  | 'DEVICE_UNAVAILABLE'
  | 'OUT_OF_MEMORY'
  | 'TRAINING_DIVERGED'
  | 'OUTPUT_NOT_WRITABLE'
  | 'CANCELLED';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws CANCELLED when the signal has fired: called between chunks and steps, where stopping is safe. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EngineError('CANCELLED', 'Cancelled.');
}

/** What a file system's error code means to a person. */
export const systemErrorWords: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
};

/** The reason of a failure in words, without its stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return systemErrorWords[code] ?? error.message.replace(/\.$/, '');
}

/** As `reasonOf`, for a folder with its parents: there "does not exist" is what a read-only disk says. */
export function mkdirReason(error: unknown): string {
  const reason = reasonOf(error);
  return reason === systemErrorWords.ENOENT ? 'its disk takes no new folder (is it read-only?)' : reason;
}
