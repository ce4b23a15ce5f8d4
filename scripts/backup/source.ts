import type pg from 'pg';
import { connect, type Identity, type Target } from '../postgres/index.ts';
import { IuError, type Scope } from '../report/index.ts';
import { mayNotRead } from './failure.ts';
import { sqlFile } from './sql-file.ts';

/** What is backed up: the target's database, on a connection of the verb's. */
export interface Source {
  target: Target;
  client: pg.Client;
  identity: Identity;
}

export const majorOf = (identity: Identity): number => Math.floor(identity.server_version_num / 10_000);

/** Throws IuError (refused) where a backup cannot be whole: `pooled`, `may_not_read` with every name. */
export async function assertReadable({ client, identity }: Source): Promise<void> {
  if (identity.pooled) {
    const message = 'a connection pooler stands in between: an exported snapshot does not survive it';
    const next = 'connect to the server itself (for most providers: another host or port)';
    throw new IuError('refused', { code: 'pooled', message, next });
  }
  const { rows } = await client.query<{ object: string }>(await sqlFile('unreadable.sql'));
  if (rows.length > 0) throw mayNotRead(rows.map(({ object }) => object));
}

/**
 * Throws IuError (refused) `unlogged_rows` when an unlogged table has rows: a base backup leaves them behind,
 * because a server that recovers from its WAL empties such tables.
 */
export async function assertLogged(
  { client }: Source,
  digests: ReadonlyMap<string, { rows: number }>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'u' order by 1`,
  );
  const filled = rows.map(({ name }) => name).filter((name) => (digests.get(name)?.rows ?? 0) > 0);
  if (filled.length === 0) return;
  const message = `unlogged tables with rows, which a cold copy cannot keep: ${filled.join(', ')}`;
  const next = 'install the pg_dump of this version, which keeps them, or make them logged';
  throw new IuError('refused', { code: 'unlogged_rows', message, next });
}

/** A transaction that holds its snapshot for as long as the backup takes, and the name it is exported by. */
export interface Held {
  client: pg.Client;
  snapshot: string;
  release(): Promise<void>;
}

/** Opens a repeatable read, read only transaction on a connection of its own and exports its snapshot. */
export async function holdSnapshot(source: Source, scope: Scope): Promise<Held> {
  const client = await connect(source.target.url, { application_name: 'iu backup' });
  const release = () => client.end().catch(() => {});
  scope.defer(release);
  // No limit of the login's may end a transaction that has to outlive the dump; a lock is waited for a minute.
  await client.query(
    `select set_config(name, '0', false) from pg_catalog.pg_settings where name in
       ('statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')`,
  );
  await client.query("set lock_timeout = '60s'");
  await client.query('begin isolation level repeatable read, read only');
  const { rows } = await client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  return { client, snapshot: rows[0]!.snapshot, release };
}
