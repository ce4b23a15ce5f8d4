import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { CALLED_BY_TRIGGER, prepareCalls, WRITING } from './calls.support.ts';
import { WITHHELD } from './cut-run.support.ts';
import { contents, outcome, refusal, rows, session, sharedDatabase } from './support.ts';

describe.each(servers)('isolation on $name', (server) => {
  const shared = sharedDatabase(server, prepareCalls);

  it('the calls below are of every function that writes', async () => {
    const admin = await session(shared());
    const volatile = await rows<{ name: string }>(
      admin,
      `select p.proname as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v' order by 1`,
    );
    const names = volatile.map(({ name }) => name);
    expect(names).toContain(CALLED_BY_TRIGGER);
    expect(names.filter((name) => name !== CALLED_BY_TRIGGER)).toEqual(Object.keys(WRITING));
  });

  it.each(['repeatable read', 'serializable'])('%s is refused by each with IU003', async (isolation) => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    for (const [name, given] of Object.entries(WRITING)) {
      await admin.query(`begin isolation level ${isolation}`);
      const { code, detail } = await refusal(admin.query(`select public.${name}(${given})`));
      await admin.query('rollback');
      expect([name, code, detail]).toEqual([name, 'IU003', { isolation }]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a read only transaction refuses each of them, and nothing is written', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    for (const [name, given] of Object.entries(WRITING)) {
      await admin.query('begin read only');
      const tried = await outcome(admin, `select public.${name}(${given})`);
      await admin.query('rollback');
      expect([name, tried]).toEqual([name, '25006']);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('behind the closed gate of events there is nothing to write, so nothing is refused either', async () => {
    const admin = await session(shared());
    await admin.query('begin');
    await admin.query("select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'operator', 'rest')");
    await admin.query('set transaction read only');
    for (const [name, status] of [
      ['fn_iu_emit_event', 'gate_closed'],
      ['fn_iu_emit_events', 'gate_closed'],
      ['fn_iu_route_worker_run', 'master_gate_closed'],
    ] as const) {
      const { rows: answers } = await admin.query(`select public.${name}(${WRITING[name]}) as answer`);
      expect([name, answers]).toMatchObject([name, [{ answer: { status } }]]);
    }
    await admin.query('rollback');
  });

  it('read committed is what they want, and a rollback takes all of it back', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    await admin.query('begin');
    for (const [name, given] of Object.entries(WRITING)) {
      await admin.query('savepoint before');
      const tried = await outcome(admin, `select public.${name}(${given})`);
      expect([name, tried]).toEqual([name, WITHHELD.includes(name) ? 'IU090' : 'written']);
      if (tried !== 'written') await admin.query('rollback to before');
    }
    await admin.query('rollback');
    expect(await contents(database)).toEqual(before);
  });
});
