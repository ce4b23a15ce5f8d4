import pg from 'pg';
import { connectFailure } from './failure.ts';
import { checkUrl, withParameter } from './url.ts';

/** What may be set for one connection, beside what its URL says. */
export interface ConnectOptions {
  /** Shown in pg_stat_activity; wins over the URL's. */
  application_name?: string;
  /** Milliseconds until the attempt is given up; 10 000 by default. */
  connectionTimeoutMillis?: number;
  /** Transactions start read-only, whatever a role or a database sets by default. */
  readOnly?: true;
}

/**
 * One connection to a PostgreSQL URL; the caller ends it. Throws IuError (exit usage) with the code of
 * connectFailure, `malformed_url` or `no_database_name`; no message contains a password.
 * A connection that is lost later never becomes an uncaught exception: the query running then, or the
 * next one, fails. It does not promise that the server is writable or supported: see identify().
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<pg.Client> {
  checkUrl(url);
  const { application_name, connectionTimeoutMillis = 10_000, readOnly = false } = options;
  let client: pg.Client;
  try {
    client = new pg.Client({
      // In node-pg the URL wins over the options, so the name has to go into the URL.
      connectionString: pinned(
        application_name ? withParameter(url, 'application_name', application_name) : url,
        readOnly ? { ...PINNED, default_transaction_read_only: 'on' } : PINNED,
      ),
      connectionTimeoutMillis,
      keepAlive: true,
    });
  } catch (error) {
    throw connectFailure(url, error);
  }
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    // After a failed handshake the socket can still be open; nobody waits for its end.
    client.end().catch(() => {});
    throw connectFailure(url, error);
  }
  return client;
}

/**
 * What our files and functions rely on, whatever a role or a database sets by default. As startup options, so
 * that RESET and DISCARD come back to them.
 */
const PINNED = {
  default_transaction_isolation: 'read\\ committed',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

function pinned(url: string, settings: Record<string, string>): string {
  const own = new URLSearchParams(url.split('?')[1]).get('options');
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return withParameter(url, 'options', [...ours, ...(own ? [own] : [])].join(' '));
}

/** Runs `work` on a connection of its own and ends that in any case. Throws what connect or `work` throws. */
export async function withConnection<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  const client = await connect(url, options);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
