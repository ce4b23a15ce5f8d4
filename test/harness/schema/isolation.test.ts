import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { prepareCalls, WRITING } from './calls.support.ts';
import { contents, refusal, rows, session, sharedDatabase } from './support.ts';

/** The gate of events is closed: there is nothing to write, so nothing is refused either. */
const NOTHING_TO_WRITE: Record<string, string> = {
  fn_iu_emit_event: 'gate_closed',
  fn_iu_emit_events: 'gate_closed',
};

describe.each(servers)('isolation on $name', (server) => {
  const shared = sharedDatabase(server, prepareCalls);

  it('the calls below are of every function that writes', async () => {
    const admin = await session(shared());
    const volatile = await rows<{ name: string }>(
      admin,
      `select p.proname as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v' order by 1`,
    );
    expect(volatile.map(({ name }) => name)).toEqual(Object.keys(WRITING));
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
      const tried = await admin.query(`select public.${name}(${given}) as answer`).then(
        ({ rows: [row] }) => row.answer.status,
        ({ code }) => code,
      );
      await admin.query('rollback');
      expect([name, tried]).toEqual([name, NOTHING_TO_WRITE[name] ?? '25006']);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('read committed is what they want, and a rollback takes all of it back', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    await admin.query('begin');
    for (const [name, given] of Object.entries(WRITING)) {
      await expect(admin.query(`select public.${name}(${given})`), name).resolves.toBeDefined();
    }
    await admin.query('rollback');
    expect(await contents(database)).toEqual(before);
  });
});
