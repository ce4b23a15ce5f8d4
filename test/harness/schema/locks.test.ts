import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { login, servers, type TestServer } from '../support/index.ts';
import { aPast, deliveries, prepareCalls, WRITING } from './calls.support.ts';
import { aCut, WITHHELD } from './cut-run.support.ts';
import {
  contents,
  createMany,
  outcome,
  ROLES,
  refusal,
  rows,
  schemaDatabase,
  session,
  spec,
  value,
} from './support.ts';

interface Governed {
  table: string;
  class: 'state' | 'ledger' | 'runtime-object';
  use: string;
  /** A column that may be named in an UPDATE. */
  column: string;
}

/** A database with rows in every governed table but some partitions, and these tables. */
async function populated(server: TestServer) {
  const database = await schemaDatabase(server);
  const admin = await session(database);
  await aPast(admin);
  await admin.query(
    "select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'K. Adenauer', 'try', 60)",
  );
  // Retiring a partition leaves a row in its ledger, and the fact of it in the next partition.
  await admin.query(
    "select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'operator', 'try', null)",
  );
  await createMany(admin, [spec({ address: 'DE-GG/ART-20', body: 'Alle Staatsgewalt geht vom Volke aus.' })]);
  await admin.query("select setval('public.event_outbox_id_seq', 1000000)");
  await admin.query("select public.fn_iu_outbox_retire_partition(0, 'K. Adenauer', 'try')");
  await deliveries(admin);
  await admin.query(
    `select public.fn_cut_source_set('DE-GG', 'Grundgesetz', 'authoritative', 'K. Adenauer', 'try'),
            public.fn_cut_profile_set('{"description":"Laws.","format":"iu-cut-profile/1","labels":[],"name":"gg","version":1}',
                                      'try'),
            public.fn_cut_source_pin('DE-GG', 'gg.md', convert_to('# Art 1', 'UTF8'), 'gg', 1, true, 'try')`,
  );
  await aCut(admin);
  const tables = await rows<Governed>(
    admin,
    `select g.table_name as table, g.class, g.write_function as use,
            (select quote_ident(a.attname) from pg_attribute a
              where a.attrelid = g.table_name::regclass and a.attnum > 0 and a.attgenerated = ''
              order by a.attnum limit 1) as column
       from iu_core.governed_table g
      order by 1`,
  );
  expect(tables.length).toBeGreaterThanOrEqual(53);
  for (const { table } of tables.filter(
    (one) => one.class !== 'runtime-object' || one.table.endsWith('_p1'),
  )) {
    expect(await value(admin, `select exists (select from ${table})`), `${table} has rows`).toBe(true);
  }
  return { database, admin, tables };
}

/** Every way to write a table directly that we know of. */
const WRITES: Record<string, (one: Governed) => string> = {
  insert: ({ table }) => `insert into ${table} default values`,
  'insert of no row': ({ table, column }) =>
    `insert into ${table} (${column}) select ${column} from ${table} where false`,
  update: ({ table, column }) => `update ${table} set ${column} = ${column}`,
  'update of no row': ({ table, column }) => `update ${table} set ${column} = default where false`,
  delete: ({ table }) => `delete from ${table}`,
  'delete only': ({ table }) => `delete from only ${table} where false`,
  truncate: ({ table }) => `truncate ${table}`,
  'truncate cascade': ({ table }) => `truncate ${table} restart identity cascade`,
  'on conflict do nothing': ({ table }) => `insert into ${table} default values on conflict do nothing`,
  'merge that updates': ({ table, column }) =>
    `merge into ${table} t using ${table} s on t.${column} = s.${column}
       when matched then update set ${column} = s.${column}`,
  'merge that deletes': ({ table, column }) =>
    `merge into ${table} t using ${table} s on t.${column} = s.${column} when matched then delete`,
  'merge that inserts': ({ table }) =>
    `merge into ${table} t using (values (1)) as s (n) on false when not matched then insert default values`,
  'delete in a with': ({ table }) =>
    `with gone as (delete from ${table} returning 1) select count(*) from gone`,
  'update in a with': ({ table, column }) =>
    `with moved as (update ${table} set ${column} = ${column} returning 1) select count(*) from moved`,
  'prepared delete': ({ table }) => `deallocate all; prepare gone as delete from ${table}; execute gone`,
  'delete in a block': ({ table }) => `do $$ begin delete from ${table}; end $$`,
};

const COPY: Record<string, (one: Governed) => string> = {
  'copy from': ({ table }) => `copy ${table} from program 'echo'`,
  'copy from nothing': ({ table }) => `copy ${table} from program 'true'`,
};

/** The outcome of each write on each table that is not as `expected` says: none is what we want. */
async function unexpected(
  client: pg.Client,
  tables: Governed[],
  writes: typeof WRITES,
  expected: (write: string) => string[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const one of tables) {
    for (const [name, write] of Object.entries(writes)) {
      const code = await outcome(client, write(one));
      if (!expected(name).includes(code)) wrong.push(`${name} on ${one.table}: ${code}`);
    }
  }
  return wrong;
}

// PostgreSQL refuses to truncate what foreign keys refer to, before it asks any trigger.
const byLock = (write: string) => (write === 'truncate' ? ['IU001', '0A000'] : ['IU001']);

/** What a careless function of workflow_admin could do: it passes lock 1. */
const CARELESS = `
   create function pg_temp.write(p_statement text) returns void language plpgsql security definer as
     $$ begin execute p_statement; end $$;
   alter function pg_temp.write(text) owner to workflow_admin`;

describe.each(servers)('the locks on $name', (server) => {
  it.each([
    ['a superuser', ''],
    ['workflow_admin by SET ROLE', 'set role workflow_admin'],
    ['workflow_admin by SET SESSION AUTHORIZATION', 'set session authorization workflow_admin'],
    ['a superuser who comes back from it', 'set role workflow_admin; reset role'],
  ])('every direct write of every governed table by %s is refused, and no row changes', async (_, become) => {
    const { database, tables } = await populated(server);
    const before = await contents(database);
    const writer = await session(database);
    if (become) await writer.query(become);
    expect(await unexpected(writer, tables, WRITES, byLock)).toEqual([]);
    if (!become || become.includes('reset')) {
      expect(await unexpected(writer, tables, COPY, byLock)).toEqual([]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a login with all our roles but workflow_admin has no privilege to write', async () => {
    const { database, tables } = await populated(server);
    const before = await contents(database);
    for (const role of ROLES) {
      const writer = await session(database, role);
      const refused = () => ['42501'];
      expect(await unexpected(writer, tables, WRITES, refused)).toEqual([]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a stranger to whom somebody granted everything meets the lock', async () => {
    const { database, admin, tables } = await populated(server);
    const { name, url } = await login(server, database, '');
    for (const { table } of tables) await admin.query(`grant all on ${table} to ${name}`);
    await admin.query(`grant usage on schema iu_core, cutter_governance to ${name}`);
    const before = await contents(database);
    const stranger = await session({ ...database, url });
    // Restarting the ids of events is for the owner of their sequence, which is asked first.
    const refused = (write: string) => (write === 'truncate cascade' ? ['IU001', '42501'] : byLock(write));
    expect(await unexpected(stranger, tables, WRITES, refused)).toEqual([]);
    expect(await contents(database)).toEqual(before);
  });

  it('the refusal names the table, the operation and the function to call', async () => {
    const { database, tables } = await populated(server);
    for (const role of [undefined, 'workflow_admin']) {
      const writer = await session(database, role);
      for (const { table, use } of tables) {
        expect(await refusal(writer.query(`delete from ${table}`))).toEqual({
          code: 'IU001',
          message: `IU001 direct_write: DELETE on ${table} is refused`,
          hint: `${role ? 'RESET ROLE, then call' : 'Call'} ${use}.`,
          detail: {
            table,
            operation: 'DELETE',
            current_user: role ?? 'postgres',
            role: role ?? 'none',
            use,
          },
        });
      }
    }
  });

  it('governed functions are refused under SET ROLE workflow_admin as well', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    await prepareCalls(admin);
    await admin.query(
      "select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'operator', 'facts', null)",
    );
    const before = await contents(database);
    const writer = await session(database, 'workflow_admin');
    const calls = Object.entries(WRITING)
      .filter(([name]) => !WITHHELD.includes(name))
      .map(([name, given]) => `public.${name}(${given})`);
    for (const call of [...calls, "iu_core.register_errors('[]')"]) {
      expect([call, await outcome(writer, `select ${call}`)]).toEqual([call, 'IU001']);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a ledger keeps its rows even from code of workflow_admin (IU002)', async () => {
    const { database, admin, tables } = await populated(server);
    const before = await contents(database);
    await admin.query(CARELESS);
    const ledgers = tables.filter((one) => one.class === 'ledger');
    expect(ledgers.length).toBeGreaterThanOrEqual(4);
    for (const { table, column } of ledgers) {
      for (const write of [
        `update ${table} set ${column} = ${column}`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        expect([write, await outcome(admin, 'select pg_temp.write($1)', [write])]).toEqual([write, 'IU002']);
      }
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a unit keeps its identity even from code of workflow_admin (IU002)', async () => {
    const { database, admin } = await populated(server);
    const before = await contents(database);
    await admin.query(CARELESS);
    for (const write of [
      'delete from public.information_unit',
      "update public.information_unit set canonical_address = 'DE-GG/ART-99'",
      'update public.information_unit set id = gen_random_uuid()',
      "update public.information_unit set created_by = 'somebody else'",
      'update public.information_unit set created_at = now()',
      'truncate public.information_unit cascade',
    ]) {
      expect([write, await outcome(admin, 'select pg_temp.write($1)', [write])]).toEqual([write, 'IU002']);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('the check of the locks names a lock that is off', async () => {
    const { database, admin } = await populated(server);
    const failed = async () =>
      (
        await rows<{ scenario: string; ok: boolean; detail: string }>(
          admin,
          'select * from iu_core.check_locks()',
        )
      )
        .filter(({ ok }) => !ok)
        .map(({ scenario, detail }) => `${scenario}: ${detail}`);
    expect(await failed()).toEqual([]);
    const before = await contents(database);
    await admin.query('alter table public.iu_gate disable trigger iu_lock_1_write');
    await admin.query('drop trigger iu_lock_2_row on public.unit_version');
    const said = await failed();
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(
      /^public\.iu_gate refuses direct writes: not refused: insert.*update.*delete.*truncate/,
    );
    expect(said[1]).toBe('public.unit_version refuses direct writes: not refused: lock 2');
    expect(await contents(database)).toEqual(before);
  });
});
