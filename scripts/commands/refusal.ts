import pg from 'pg';
import { type ExitName, type Finding, IuError } from '../report/index.ts';

/** What an error of the server is read for. */
interface ServerError extends Error {
  code: string;
  severity: string;
  detail?: string;
  hint?: string;
}

/**
 * A gate refused (IU010 to IU015), what guards live delivery (IU050, IU051, IU056) or live cuts (IU069, IU090,
 * IU091) · bad arguments, an unknown run · anything else.
 */
function exitName(code: string): ExitName {
  if (/^IU0(1[0-5]|5[016]|69|9[01])$/.test(code)) return 'refused';
  return code === 'IU004' || code === 'IU063' ? 'usage' : 'finding';
}

/**
 * What a governed function or the server refused, as an IuError: a code of class IU under its own name
 * (`gate_held`), with its DETAIL; a missing right with the grant it takes; a function that is not there as
 * pending work. `next` has the step for a code where there is a better one than the server's hint. Anything
 * else comes back as it is.
 */
export function refusal(
  error: unknown,
  user: string,
  role: string,
  next: Record<string, string> = {},
): unknown {
  if (!(error instanceof Error) || typeof (error as Partial<ServerError>).severity !== 'string') return error;
  const { code, message, detail, hint } = error as ServerError;
  if (code === '42501') {
    const grant = `have a DBA run: grant ${role} to ${pg.escapeIdentifier(user)}`;
    return new IuError(
      'refused',
      { code: 'not_granted', message: `user ${user}: ${message}`, next: grant },
      { cause: error },
    );
  }
  if (code === '42883' || code === '42P01') {
    const absent = 'what this needs is not in that database: IU Core, or a migration of it, is not applied';
    const migrate = 'npm run iu -- migrate --target <the same target>';
    return new IuError(
      'pending',
      { code: 'not_installed', message: absent, next: migrate },
      { cause: error },
    );
  }
  const [, name] = /^IU\d{3} ([a-z_]+): /.exec(message) ?? [];
  if (!name) return error;
  const finding: Finding = { code: name, message, next: next[code] ?? hint, ...(detail ? { detail } : {}) };
  return new IuError(exitName(code), finding, { cause: error });
}
