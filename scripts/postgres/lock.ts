import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { IuError } from '../report/index.ts';
import { connect } from './connect.ts';
import { isPooled, pooledConnection } from './identity.ts';
import { sqlFile } from './sql-file.ts';

/** The key of the harness's own advisory lock, one per database: 'iu_core' in ASCII, read as a number. */
export const IU_LOCK_KEY = '29683925105209957';

/** The key graphile-migrate takes while it migrates. */
export const GRAPHILE_LOCK_KEY = '4727445306447283';

const POLL_MS = 200;

/** The session that holds an advisory lock. Times are null and `hidden` is true where we may not look. */
export interface LockHolder {
  pid: number;
  application_name: string | null;
  user: string | null;
  backend_start: Date | null;
  query_start: Date | null;
  /** Seconds since the session started. */
  age_seconds: number | null;
  state: string | null;
  /** What it last ran; a notice in angle brackets where we may not look. */
  query: string | null;
  hidden: boolean;
}

export interface Lock {
  /** The idle connection that holds the lock. Its end is the lock's end: run no transaction on it. */
  client: pg.Client;
  /** Unlocks and ends the connection. May be called twice; never throws. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** Who waits or holds: shown as application_name `iu <verb>`. */
  verb: string;
  /** How long to wait; 60 000 by default. 0 tries once. */
  timeoutMs?: number;
  /** Called once, when the lock is not free at the first try. */
  onWait?(holder: LockHolder | null): void;
}

/**
 * Takes the harness's lock on the URL's database, on a connection of its own. Throws IuError `lock_held`
 * (exit blocked, names the holder), `pooled` (exit refused), or what connect throws.
 *
 * It polls with a try-lock outside any transaction. A blocking lock call would hold a snapshot for as long
 * as it waits, and the CREATE INDEX CONCURRENTLY of the lock's holder would wait for that snapshot: a
 * deadlock (trap T1). So there is no queue: who waits longest is not served first.
 */
export async function acquireLock(url: string, options: LockOptions): Promise<Lock> {
  const { verb, timeoutMs = 60_000, onWait } = options;
  if (!(timeoutMs >= 0)) throw new Error(`a lock cannot be waited for ${timeoutMs} ms`);
  const client = await connect(url, { application_name: `iu ${verb}` });
  try {
    // The lock lives as long as this idle session, whatever the server thinks of idle sessions.
    await client.query('set idle_session_timeout = 0');
    const deadline = performance.now() + timeoutMs;
    for (let first = true; !(await tryLock(client)); first = false) {
      if (first && onWait) onWait(await lockHolder(client));
      if (performance.now() >= deadline) throw lockHeld(await lockHolder(client), timeoutMs);
      await sleep(Math.max(1, Math.min(POLL_MS, deadline - performance.now())));
    }
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return { client, release: () => release(client) };
}

/** Who holds the advisory lock `key` in the database of `client`; null when nobody does. */
export async function lockHolder(client: pg.Client, key: string = IU_LOCK_KEY): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(await sqlFile('lock-holder.sql'), [key]);
  return rows[0] ?? null;
}

/** One line for people: pid, application_name, user, since when, what it last ran. */
export function describeHolder(holder: LockHolder): string {
  const who = `pid ${holder.pid}, application ${holder.application_name || '(no name)'}, user ${holder.user ?? '?'}`;
  if (holder.hidden) return `${who}; this user may not see since when and what it runs`;
  const since = holder.backend_start?.toISOString() ?? '?';
  const query = (holder.query ?? '').replace(/\s+/g, ' ').trim().slice(0, 120);
  return (
    `${who}, connected since ${since} (${Math.round(holder.age_seconds ?? 0)} s), ${holder.state ?? '?'}, ` +
    `last query at ${holder.query_start?.toISOString() ?? '?'}: ${query || '(none)'}`
  );
}

async function tryLock(client: pg.Client): Promise<boolean> {
  type Row = { got: boolean; pid: number };
  const { rows } = await client.query<Row>(
    'select pg_try_advisory_lock($1::bigint) as got, pg_backend_pid() as pid',
    [IU_LOCK_KEY],
  );
  const { got, pid } = rows[0]!;
  // Behind a pooler the lock would stay with a backend that other clients use next (trap T6).
  if (isPooled(client, pid)) {
    if (got) await client.query('select pg_advisory_unlock($1::bigint)', [IU_LOCK_KEY]);
    throw pooledConnection();
  }
  return got;
}

async function release(client: pg.Client): Promise<void> {
  // Unlocked before the end: the backend outlives our socket by a moment, and so would the lock.
  await client.query('select pg_advisory_unlock($1::bigint)', [IU_LOCK_KEY]).catch(() => {});
  await client.end().catch(() => {});
}

function lockHeld(holder: LockHolder | null, timeoutMs: number): IuError {
  const waited = `after ${timeoutMs / 1000} s`;
  if (holder === null) {
    return new IuError('blocked', {
      code: 'lock_held',
      message: `The lock was not free ${waited}, and its holder has just gone.`,
      next: 'Run the same command again.',
    });
  }
  return new IuError('blocked', {
    code: 'lock_held',
    message: `Another run holds the lock of this database ${waited}: ${describeHolder(holder)}.`,
    next: `Wait until it ends, or end it: select pg_terminate_backend(${holder.pid})`,
  });
}
