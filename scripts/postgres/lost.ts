import type { Finding } from '../report/index.ts';

const CODES = /^(57P0[1-5]|08...|ECONNRESET|EPIPE)$/;
const TEXTS = /Connection terminated|not queryable|Client has encountered a connection error/;

/**
 * Whether `error` says that an established connection was lost (the server stopped, the session was ended,
 * the network broke), as a finding; else null. What was under way may or may not have been committed.
 */
export function connectionLost(error: unknown): Finding | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as Error & { code?: string };
  if (!CODES.test(code ?? '') && !TEXTS.test(error.message)) return null;
  return {
    code: 'connection_lost',
    message: `the connection to the server was lost: ${error.message}`,
    next: 'npm run iu -- status says what was applied; then run the same command again',
  };
}
