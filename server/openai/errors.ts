// Errors as OpenAI words them: {error: {message, type, param, code}} with its HTTP status.
import { AppError, asKnownError, type ErrorCode } from '../../domain/errors.ts';
import { isConnectionError } from '../database-errors.ts';

interface Wording {
  status: number;
  type: string;
  code: string | null;
}

/** A request that cannot be answered as it is; `param` names the field. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly param: string | null;
  readonly code: string | null;
  constructor(message: string, param: string | null, code: string | null = null) {
    super(message);
    this.param = param;
    this.code = code;
  }
}

const badRequest: Wording = { status: 400, type: 'invalid_request_error', code: null };
const wordings: Partial<Record<ErrorCode, Wording>> = {
  UNAUTHENTICATED: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  RATE_LIMITED: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  WORKER_BUSY: { status: 503, type: 'server_error', code: 'overloaded' },
  WORKER_UNAVAILABLE: { status: 503, type: 'server_error', code: 'worker_unavailable' },
  DATABASE_UNAVAILABLE: { status: 503, type: 'server_error', code: 'database_unavailable' },
  OUT_OF_MEMORY: { status: 503, type: 'server_error', code: 'out_of_memory' },
  INVALID_INPUT: badRequest,
  CONFIG_INVALID: badRequest,
  DATA_INVALID: badRequest,
  CHAT_TEMPLATE_INVALID: badRequest,
};

export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

export function describeError(error: unknown): { status: number; body: ErrorBody } {
  if (error instanceof BadRequest) {
    const { message, param, code } = error;
    return { status: 400, body: { error: { message, type: badRequest.type, param, code } } };
  }
  const known = asKnownError(isConnectionError(error) ? unreachable : error);
  // A defect of ours: a stranger must not see its insides.
  if (!known) console.error('/v1:', error);
  const { status, type, code } = (known && wordings[known.code]) ?? {
    status: 500,
    type: 'server_error',
    code: null,
  };
  const message = known?.message ?? 'Something went wrong on the server. Its log says what.';
  const param = known?.code === 'NOT_FOUND' ? 'model' : null;
  return { status, body: { error: { message, type, param, code } } };
}

const unreachable = new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached: try again.');
