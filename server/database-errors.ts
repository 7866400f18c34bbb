// What a driver's error means, seen through Drizzle's wrapping.

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    if (at instanceof AggregateError) for (const inner of at.errors) codes.push(...codesOf(inner));
    if (
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
        at.message,
      )
    ) {
      codes.push('CONNECTION');
    }
  }
  return codes;
}

/** The database is away or restarting: the same statement may succeed later. */
export function isConnectionError(error: unknown): boolean {
  return codesOf(error).some((code) =>
    /^(CONNECTION|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08\w{3}|57P0[1-3]|53300)$/.test(code),
  );
}

export function isUniqueViolation(error: unknown): boolean {
  return codesOf(error).includes('23505');
}
