// One table for every error a person can meet: its HTTP status and whether trying again can help.
// The engine's codes are part of it, so that an error keeps its words from the graph to the page.
import { EngineError, type EngineErrorCode } from '../engine/errors.ts';

export interface ErrorTraits {
  http: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 499 | 500 | 503;
  retry: boolean;
}

const engineErrors: { [C in EngineErrorCode]: ErrorTraits } = {
  CHECKPOINT_INVALID: { http: 422, retry: false },
  CHECKPOINT_UNSUPPORTED: { http: 422, retry: false },
  ADAPTER_INVALID: { http: 422, retry: false },
  TOKENIZER_INVALID: { http: 422, retry: false },
  CHAT_TEMPLATE_INVALID: { http: 422, retry: false },
  CONFIG_INVALID: { http: 400, retry: false },
  DATA_INVALID: { http: 422, retry: false },
  DEVICE_UNAVAILABLE: { http: 503, retry: false },
  OUT_OF_MEMORY: { http: 503, retry: false },
  TRAINING_DIVERGED: { http: 422, retry: false },
  OUTPUT_NOT_WRITABLE: { http: 503, retry: true },
  CANCELLED: { http: 499, retry: false },
};

export const errorCodes = {
  ...engineErrors,
  UNAUTHENTICATED: { http: 401, retry: false },
  FORBIDDEN: { http: 403, retry: false },
  NOT_FOUND: { http: 404, retry: false },
  CONFLICT: { http: 409, retry: false },
  INVALID_INPUT: { http: 400, retry: false },
  JUDGE_UNAVAILABLE: { http: 503, retry: true },
  JUDGE_REFUSED: { http: 422, retry: false },
  BACKEND_UNAVAILABLE: { http: 503, retry: true },
  BACKEND_REFUSED: { http: 422, retry: false },
  HUB_UNAVAILABLE: { http: 503, retry: true },
  HUB_REFUSED: { http: 422, retry: false },
  WORKER_UNAVAILABLE: { http: 503, retry: true },
  WORKER_BUSY: { http: 503, retry: true },
  RATE_LIMITED: { http: 429, retry: true },
  DATABASE_UNAVAILABLE: { http: 503, retry: true },
  PORT_IN_USE: { http: 409, retry: false },
  DATA_DIR_UNUSABLE: { http: 503, retry: false },
  FENCED: { http: 409, retry: false }, // a job's former worker tried to write over its successor
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof errorCodes;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error with a code of the table, whichever side raised it; null for a defect of ours. */
export function asKnownError(error: unknown): { code: ErrorCode; message: string; traits: ErrorTraits } | null {
  if (error instanceof AppError || error instanceof EngineError) {
    return { code: error.code, message: error.message, traits: errorCodes[error.code] };
  }
  return null;
}
