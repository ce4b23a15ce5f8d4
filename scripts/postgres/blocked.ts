import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { IuError } from '../report/index.ts';
import { connect } from './connect.ts';
import { describeHolder, type LockHolder } from './lock.ts';
import { sqlFile } from './sql-file.ts';

const POLL_MS = 100;

/** The sessions that the session `pid` waits for; empty when it waits for none. */
export async function blockers(client: pg.Client, pid: number): Promise<LockHolder[]> {
  return (await client.query<LockHolder>(await sqlFile('blocked.sql'), [pid])).rows;
}

export interface WatchOptions {
  /** Shown as application_name of the connection that watches. */
  verb: string;
  /** How long the work may wait for locks; 0: not at all; Infinity: as long as it takes. */
  timeoutMs: number;
  /** Called once, when the work is first seen to wait. */
  onWait(holder: LockHolder): void;
}

/**
 * Runs `work`, which sends statements on `client` (one, where it may be cancelled), while a second connection looks
 * whom it waits for. When it waits longer than `timeoutMs` it is cancelled: throws IuError `lock_held` (exit blocked,
 * names the holder). A statement that ends just then has ended, and its result is returned. Throws what `work` throws.
 */
export async function whileWatched<T>(
  client: pg.Client,
  url: string,
  options: WatchOptions,
  work: () => Promise<T>,
): Promise<T> {
  const watcher = await connect(url, { application_name: `iu ${options.verb} (watching)` });
  // processID comes from the protocol's BackendKeyData; @types/pg leaves it out.
  const { processID } = client as pg.Client & { processID: number };
  let over = false;
  const running = work().finally(() => {
    over = true;
  });
  // It may fail while we look, before anybody awaits it.
  running.catch(() => {});
  try {
    const seen = await watch(watcher, processID, options, () => over);
    return await running.catch((error: unknown) => {
      throw seen && (error as { code?: string }).code === '57014' ? heldUp(seen, options.timeoutMs) : error;
    });
  } finally {
    await watcher.end().catch(() => {});
  }
}

/** Looks until the work is over; cancels it when it has waited for too long, and returns for whom. */
async function watch(
  watcher: pg.Client,
  pid: number,
  { timeoutMs, onWait }: WatchOptions,
  isOver: () => boolean,
): Promise<LockHolder | null> {
  const deadline = performance.now() + timeoutMs;
  let told = false;
  let pause = 10;
  while (!isOver()) {
    const [holder] = await blockers(watcher, pid);
    if (holder && !told) onWait(holder);
    told ||= holder !== undefined;
    if (holder && performance.now() >= deadline && !isOver()) {
      await watcher.query('select pg_cancel_backend($1)', [pid]);
      return holder;
    }
    // Most work is over at once; what goes on is looked at less and less often.
    pause = holder ? POLL_MS : Math.min(pause * 1.2, POLL_MS);
    await sleep(pause);
  }
  return null;
}

function heldUp(holder: LockHolder, timeoutMs: number): IuError {
  return new IuError('blocked', {
    code: 'lock_held',
    message: `Not done, after a wait of ${timeoutMs / 1000} s for ${describeHolder(holder)}.`,
    next: `wait until it ends, give --wait more seconds, or end it: select pg_terminate_backend(${holder.pid})`,
  });
}
