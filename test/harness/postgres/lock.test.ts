import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  acquireLock,
  connect,
  GRAPHILE_LOCK_KEY,
  type Lock,
  lockHolder,
  type Target,
} from '../../../scripts/postgres/index.ts';
import { until } from '../../../scripts/postgres/process.ts';
import { asUser, failureOf, open, SPECS, startPooler, testScope } from './helpers.ts';

const scope = testScope();
afterAll(() => scope.close());

describe.each(SPECS)('%s', (spec) => {
  let target: Target;
  let admin: pg.Client;
  let first: Lock;
  let pid: number;
  beforeAll(async () => {
    target = await open(spec, scope);
    admin = await connect(target.url);
    await admin.query('create role plain login');
  });
  afterAll(() => admin?.end());
  beforeEach(async () => {
    first = await acquireLock(target.url, { verb: 'prove' });
    pid = (await lockHolder(admin))!.pid;
  });
  afterEach(() => first.release());

  /** A second runner, once it has found the lock taken. */
  const waiter = async () => {
    let second: Promise<Lock>;
    const holder = await new Promise((resolve, reject) => {
      second = acquireLock(target.url, { verb: 'migrate', onWait: resolve });
      second.catch(reject);
    });
    return { holder, second: second! };
  };

  test('the second run waits, gives up and names the first', async () => {
    const waited: unknown[] = [];
    const started = performance.now();
    const error = await failureOf(
      acquireLock(target.url, { verb: 'migrate', timeoutMs: 250, onWait: (holder) => waited.push(holder) }),
    );
    expect(performance.now() - started).toBeGreaterThanOrEqual(250);
    expect(error).toMatchObject({ exit: 4, findings: [{ code: 'lock_held' }] });
    expect(error.message).toContain(`pid ${pid}`);
    expect(error.message).toContain('application iu prove');
    expect(error.message).toContain('user postgres');
    expect(error.message).toMatch(
      /connected since \d{4}-\d\d-\d\dT.* idle, last query at \d{4}-.*: select pg_try/,
    );
    expect(error.findings[0]!.next).toContain(`select pg_terminate_backend(${pid})`);
    expect(waited).toMatchObject([{ pid, application_name: 'iu prove', state: 'idle', hidden: false }]);
    // Giving up leaves no connection behind.
    const left = async () =>
      (await admin.query("select from pg_stat_activity where application_name = 'iu migrate'")).rowCount ===
      0;
    expect(await until(left, 5_000)).toBe(true);
  });

  test('where the holder may not be looked at, the message says so', async () => {
    const error = await failureOf(acquireLock(asUser(target.url, 'plain'), { verb: 'status', timeoutMs: 0 }));
    expect(error.message).toContain(`pid ${pid}, application iu prove, user postgres`);
    expect(error.message).toContain('may not see since when');
    expect(error.findings[0]!.next).toContain(`pg_terminate_backend(${pid})`);
  });

  test('a waiter gets the lock when it is released', async () => {
    const { holder, second } = await waiter();
    expect(holder).toMatchObject({ pid });
    await first.release();
    await first.release();
    const lock = await second;
    expect(await lockHolder(admin)).toMatchObject({ application_name: 'iu migrate' });
    await lock.release();
    expect(await lockHolder(admin)).toBeNull();
  });

  test('a waiter gets the lock when its holder is killed', async () => {
    const { second } = await waiter();
    await admin.query('select pg_terminate_backend($1)', [pid]);
    const lock = await second;
    expect(await lockHolder(admin)).toMatchObject({ application_name: 'iu migrate' });
    await lock.release();
  });

  test('waiting holds no snapshot and no transaction, and waits for no lock', async () => {
    const { second } = await waiter();
    const { rows } = await admin.query(
      "select state, backend_xmin, wait_event_type from pg_stat_activity where application_name = 'iu migrate'",
    );
    expect(rows).toMatchObject([{ backend_xmin: null }]);
    expect(['idle', 'active']).toContain(rows[0].state);
    expect(rows[0].wait_event_type).not.toBe('Lock');
    await first.release();
    await (await second).release();
  });

  test("graphile-migrate's lock, by its own key", async () => {
    expect(await lockHolder(admin, GRAPHILE_LOCK_KEY)).toBeNull();
    const other = await connect(target.url, { application_name: 'graphile' });
    await other.query('select pg_advisory_lock($1)', [GRAPHILE_LOCK_KEY]);
    expect(await lockHolder(admin, GRAPHILE_LOCK_KEY)).toMatchObject({ application_name: 'graphile' });
    await other.end();
  });

  test('another database has a lock of its own', async () => {
    const other = await acquireLock(target.database('template1'), { verb: 'seal', timeoutMs: 0 });
    await other.release();
  });

  test('behind a pooler no lock is taken', async () => {
    await first.release();
    const error = await failureOf(acquireLock(await startPooler(target, scope), { verb: 'migrate' }));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'pooled' }] });
    expect(await lockHolder(admin)).toBeNull();
  });
});
