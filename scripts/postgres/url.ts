import { IuError } from '../report/index.ts';

/** The schemes of a PostgreSQL URL. */
export const URL_SCHEME = /^postgres(?:ql)?:\/\//;

// A plain split, not `new URL`: that one rejects `user@/db?host=/socket` and rewrites what it accepts.
const PARTS = /^(postgres(?:ql)?:\/\/[^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/** user, host and port of an authority without a password: nothing else in a URL is sure to be no secret. */
const PLAIN =
  /^(postgres(?:ql)?:\/\/)(?:([^:@/?#]*)(?::.*)?@)?([^:@/?#]*(?::\d*)?)(?:\/([^?#@:]*))?(?:[?#].*)?$/s;

/**
 * A URL as it may be shown: scheme, user, host, port and database. Never a password, and no parameter at all.
 * Of what does not have that form nothing is shown: it may hide too much, never too little.
 */
export function redact(url: string): string {
  const match = PLAIN.exec(url);
  if (match === null) return '(not shown: it may hold a password)';
  const [whole, scheme, user, host, database] = match;
  const secret = whole.slice(scheme!.length).split('/')[0]!.includes(':') && whole.includes('@');
  const login = user === undefined ? '' : `${user}${secret ? ':***' : ''}@`;
  return `${scheme}${login}${host}${database === undefined ? '' : `/${database}`}`;
}

/** The name of the database in a PostgreSQL URL, '' when there is none. Throws IuError `malformed_url`. */
export function databaseOf(url: string): string {
  return decoded(parts(url).database);
}

/**
 * The same server, user and parameters with another database. Throws IuError `malformed_url`. A name with
 * one of ? # @ cannot be reached by node-pg through a URL.
 */
export function withDatabase(url: string, name: string): string {
  const { server, query } = parts(url);
  // node-pg decodes with decodeURI, which leaves %3F, %23 and %40 alone: it finds no such database then.
  const encoded = encodeURI(name).replace(/[?#@]/g, encodeURIComponent);
  return `${server}/${encoded}${query === '' ? '' : `?${query}`}`;
}

/** The same URL with one parameter set. Throws IuError `malformed_url`. */
export function withParameter(url: string, key: string, value: string): string {
  const { server, database, query } = parts(url);
  const parameters = new URLSearchParams(query);
  parameters.set(key, value);
  // URLSearchParams writes a space as '+', which libpq takes literally.
  return `${server}/${database}?${parameters.toString().replaceAll('+', '%20')}`;
}

/** Throws IuError `malformed_url` or `no_database_name` (exit usage) for a URL that cannot be used. */
export function checkUrl(url: string): void {
  if (databaseOf(url) !== '') return;
  throw new IuError('usage', {
    code: 'no_database_name',
    message: `The target URL names no database: ${redact(url)}`,
    next: 'Add the name of the database after the host: postgres://user@host:5432/database',
  });
}

/** The failure for a URL that cannot be read. */
export function malformedUrl(url: string, why: string, cause?: unknown): IuError {
  return new IuError(
    'usage',
    {
      code: 'malformed_url',
      message: `The target URL cannot be read (${why}): ${redact(url)}`,
      next:
        'Write it as postgres://user:password@host:5432/database; percent-encode @ : / ? # % in user and ' +
        'password (@ is %40, / is %2F).',
    },
    { cause },
  );
}

function parts(url: string): { server: string; database: string; query: string } {
  const match = PARTS.exec(url);
  if (match === null) throw malformedUrl(url, 'it is not of the form postgres://…/database');
  const [, server = '', database = '', query = ''] = match;
  // An unencoded '/' or '@' in the password moves its end into the name of the database.
  if (database.includes('@')) throw malformedUrl(url, "there is an '@' after the first '/'");
  return { server, database, query };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
