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
