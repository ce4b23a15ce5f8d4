import type pg from 'pg';
import { type ExitName, IuError } from '../report/index.ts';
import { sqlFile } from './sql-file.ts';

/** Who and where a connection is: printed before the first write and stored in the receipt. */
export interface Identity {
  /** Decimal text (64 bit); null when this login may not call pg_control_system(). */
  system_identifier: string | null;
  database: string;
  user: string;
  session_user: string;
  is_superuser: boolean;
  may_create_roles: boolean;
  may_create_databases: boolean;
  /** CREATE on the database: may make schemas. */
  may_create_in_database: boolean;
  server_version: string;
  server_version_num: number;
  /** The server is a standby. */
  in_recovery: boolean;
  /** This session's transactions are, or start, read-only; always true on a standby. */
  read_only: boolean;
  encoding: string;
  /** The backend that answers is not the one the connection was made to: a pooler stands in between. */
  pooled: boolean;
}

/** The supported major versions. */
export const MAJORS = { first: 15, last: 18 } as const;

/** Asks for the identity of a connection, in one round trip. Throws what the query throws. */
export async function identify(client: pg.Client): Promise<Identity> {
  type Row = Omit<Identity, 'pooled'> & { backend_pid: number };
  const { rows } = await client.query<Row>(await sqlFile('identity.sql'));
  const { backend_pid, ...identity } = rows[0]!;
  return { ...identity, pooled: isPooled(client, backend_pid) };
}

/** Is `backendPid`, as the server told it, another process than the one the connection was made to? */
export function isPooled(client: pg.Client, backendPid: number): boolean {
  // processID comes from the protocol's BackendKeyData; @types/pg leaves it out.
  return (client as pg.Client & { processID: number | null }).processID !== backendPid;
}

/** One line for people. */
export function describeIdentity(identity: Identity): string {
  const role = identity.user === identity.session_user ? '' : ` (logged in as ${identity.session_user})`;
  const notes = [
    identity.is_superuser && 'superuser',
    identity.in_recovery && 'standby',
    identity.read_only && !identity.in_recovery && 'read-only session',
    identity.pooled && 'through a pooler',
    identity.encoding !== 'UTF8' && `encoding ${identity.encoding}`,
  ].filter((note) => note !== false);
  return [
    `PostgreSQL ${identity.server_version}`,
    `database ${identity.database}`,
    `user ${identity.user}${role}`,
    ...notes,
    `system ${identity.system_identifier ?? 'not visible to this user'}`,
  ].join(' · ');
}

/** Throws IuError `unsupported_version` (exit refused) unless the server's major version is supported. */
export function assertSupported(identity: Identity): void {
  const major = Math.floor(identity.server_version_num / 10_000);
  if (major >= MAJORS.first && major <= MAJORS.last) return;
  throw failure(
    'refused',
    'unsupported_version',
    `The server is PostgreSQL ${identity.server_version}; supported are ${MAJORS.first} to ${MAJORS.last}.`,
    `Use a server of a supported version.`,
  );
}

/**
 * Throws IuError (exit refused) where nothing can be written properly: `standby`, `read_only`, `pooled`,
 * `encoding`. It does not promise that the user has any privilege.
 */
export function assertWritable(identity: Identity): void {
  if (identity.in_recovery) {
    throw failure(
      'refused',
      'standby',
      `The server of database ${identity.database} is a standby (in recovery): nothing can be written there.`,
      'Name the primary as target.',
    );
  }
  if (identity.read_only) {
    throw failure(
      'refused',
      'read_only',
      `The session of user ${identity.user} in database ${identity.database} is read-only.`,
      `Use a user that may write, or find who set default_transaction_read_only (role, database, server).`,
    );
  }
  if (identity.pooled) throw pooledConnection();
  if (identity.encoding !== 'UTF8') {
    throw failure(
      'refused',
      'encoding',
      `Database ${identity.database} has encoding ${identity.encoding}; digests are made over UTF8.`,
      `Create a database with encoding 'UTF8' and name that as target.`,
    );
  }
}

/** The failure for a connection that is shared by a pooler. */
export function pooledConnection(): IuError {
  return failure(
    'refused',
    'pooled',
    'A connection pooler stands between here and the server: session locks and settings do not survive it.',
    'Connect to the server itself (for most providers: another host or port than the pooler).',
  );
}

function failure(exit: ExitName, code: string, message: string, next: string): IuError {
  return new IuError(exit, { code, message, next });
}
