import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireLock, connect, openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import {
  AMENDMENTS,
  ARTICLES,
  freshDatabase,
  iu,
  makeProject,
  oneServer,
  query,
  startIu,
  until,
} from '../support/index.ts';

/** A migration that makes a table and then waits for an advisory lock that a test holds. */
const WAITING = {
  name: 'waiting',
  up: `set local role workflow_admin;
create table public.half_done (n int);
select pg_advisory_xact_lock(20261120);
reset role;`,
  down: 'set local role workflow_admin;\ndrop table public.half_done;\nreset role;',
};

/** Takes that lock; returns how to see that somebody waits for it, and how to let go of it. */
async function holdUp(url: string) {
  const holder = await connect(url);
  onTestFinished(() => holder.end());
  await holder.query('select pg_advisory_lock(20261120)');
  const waiting = `select pid from pg_locks where locktype = 'advisory' and objid = 20261120 and not granted`;
  return {
    waiter: () =>
      until('the migration to wait', async () => (await holder.query(waiting)).rows[0]?.pid as number),
    letGo: () => holder.query('select pg_advisory_unlock(20261120)'),
  };
}

describe.each(oneServer)('runners on $name', (server) => {
  it('two at once: one applies everything, the other waits and finds nothing to do', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, AMENDMENTS]);
    const runs = await Promise.all([1, 2].map(() => iu(['migrate', '--target', url], project)));
    expect(runs.map((run) => run.report.verdict).sort()).toEqual(['applied 2', 'up to date']);
    expect(await query(url, "select count(*)::int as n from iu_ledger.event where outcome = 'done'")).toEqual(
      [{ n: 2 }],
    );
  });

  it('one that waits in vain names who holds it up', async () => {
    const { url } = await freshDatabase(server);
    const lock = await acquireLock(url, { verb: 'migrate' });
    const pid = (await lock.client.query('select pg_backend_pid() as pid')).rows[0].pid;
    const { report } = await iu(['migrate', '--target', url, '--wait', '0'], makeProject([ARTICLES]));
    const rollback = await iu(['rollback', '--target', url, '--wait', '0'], makeProject([ARTICLES]));
    await lock.release();
    expect(rollback.report).toMatchObject({ exit: 4, findings: [{ code: 'lock_held' }] });
    expect(report).toMatchObject({ exit: 4, findings: [{ code: 'lock_held' }] });
    expect(report.findings[0]!.message).toContain(`pid ${pid}`);
    expect(report.findings[0]!.message).toContain('iu migrate');
    expect(await query(url, "select to_regnamespace('iu_ledger') as ledger")).toEqual([{ ledger: null }]);
  });

  it('a kill -9 in the middle of a file leaves nothing of it, and status says what happened', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, WAITING]);
    const { waiter, letGo } = await holdUp(url);
    const run = startIu(['migrate', '--target', url], project);
    const pid = await waiter();
    process.kill(run.pid!, 'SIGKILL');
    await run;
    // The server notices only when it has something to say: until then graphile-migrate's own lock is held.
    const blocked = await iu(['migrate', '--target', url], project);
    expect(blocked.report).toMatchObject({ exit: 4, findings: [{ code: 'lock_held' }] });
    expect(blocked.report.findings[0]!.message).toContain(`pid ${pid}`);
    await letGo();
    await until('the orphaned session to end', async () => {
      return (await query(url, 'select from pg_stat_activity where pid = $1', [pid])).length === 0;
    });
    expect(await query(url, "select to_regclass('public.half_done') as half_done")).toEqual([
      { half_done: null },
    ]);

    const status = await iu(['status', '--target', url], project);
    expect(status.report.items).toMatchObject([{ state: 'applied' }, { state: 'pending' }]);
    expect((await iu(['migrate', '--target', url], project)).report).toMatchObject({
      exit: 0,
      verdict: 'applied 1',
    });
    expect((await iu(['status', '--target', url], project)).report).toMatchObject({ exit: 0, findings: [] });
  });

  it('a killed run is named as interrupted', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([WAITING]);
    const { waiter, letGo } = await holdUp(url);
    const run = startIu(['migrate', '--target', url], project);
    await waiter();
    process.kill(run.pid!, 'SIGKILL');
    await run;
    await letGo();
    const { report } = await iu(['status', '--target', url], project);
    expect(report).toMatchObject({
      exit: 1,
      items: [{ state: 'pending' }],
      findings: [{ code: 'interrupted' }, { code: 'pending' }],
    });
  });

  it('a server that stops in the middle of a file is inconclusive, never clean', async () => {
    const scope = createScope();
    onTestFinished(() => scope.close());
    const target = await openTarget(server.target, scope, () => {});
    const { waiter } = await holdUp(target.url);
    const run = iu(['migrate', '--target', target.url], makeProject([WAITING]));
    await waiter();
    await target.close();
    expect((await run).report).toMatchObject({ exit: 6, findings: [{ code: 'connection_lost' }] });
  });
});
