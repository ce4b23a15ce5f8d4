import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareSeals,
  contentFacts,
  contentSeal,
  diffFacts,
  type Facts,
  kindNames,
  onlyReordered,
  type Seal,
} from '../../../scripts/proof/index.ts';
import { MUTATIONS } from './mutations.ts';
import { BASE, openBase, SERVERS, type Server, startServer } from './server.ts';

const said = (before: Facts, after: Facts) =>
  diffFacts(before, after).map(({ object, field }) => `${object}: ${field}`);

describe.each(SERVERS)('the content seal on PostgreSQL $major', ({ target }) => {
  let server: Server;
  let client: pg.Client;
  let seal: Seal;

  beforeAll(async () => {
    server = await startServer(target);
    client = await openBase(server);
    seal = await contentSeal(client);
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test('changes nothing in the session it is asked in', async () => {
    const settings = `select name, setting, source from pg_settings
                       where name not in ('transaction_isolation', 'transaction_read_only') order by name`;
    await client.query(`set search_path = app; set datestyle = 'German'`);
    const { rows } = await client.query(settings);
    await contentSeal(client);
    expect((await client.query(settings)).rows).toEqual(rows);
    expect(client.getTransactionStatus()).toBe('I');
    await client.query('begin');
    await contentSeal(client);
    expect((await client.query(settings)).rows).toEqual(rows);
    expect(client.getTransactionStatus()).toBe('T');
    await client.query('rollback; reset all');
  });

  test('reads the same whatever the session has set, and whatever temporary tables it has', async () => {
    await client.query(
      `set search_path = app, public; set quote_all_identifiers = on; set datestyle = 'German';
       create temp table pg_class (oid oid); create temp table t (a int primary key);
       create temp view tv as select 1; comment on column pg_temp.t.a is 'a';
       create function pg_temp.tf() returns int language sql as 'select 1'`,
    );
    expect(await contentSeal(client)).toEqual(seal);
    await client.query('discard all');
  });

  test('does not mind maintenance, rows and sequences moving', async () => {
    await client.query(`insert into app.t (a, b) select null, 1 from generate_series(1, 100)`);
    await client.query(`select nextval('app.s')`);
    await client.query('vacuum freeze analyze');
    await client.query('create index concurrently gone on app.t (b)');
    await client.query('drop index concurrently app.gone');
    await client.query('reindex table app.t');
    await client.query('cluster app.t using t_pkey');
    await client.query('alter table app.t set without cluster');
    await client.query('truncate app.t cascade');
    expect(await contentSeal(client)).toEqual(seal);
  });

  test('finds a schema built twice equal, in another order and with other oids', async () => {
    const build = async (name: string, ...steps: string[]) => {
      await client.query(`create database ${name}`);
      const other = await server.connect(name);
      for (const step of steps) await other.query(step);
      const built = [await contentSeal(other), await contentFacts(other)] as const;
      await other.end();
      return built;
    };
    const grants = [
      'grant select on app.t to seal_bob',
      'grant update on app.t to seal_alice',
      'grant select (a) on app.child to postgres',
      'alter function app.f(text, int) set work_mem = 1024 set statement_timeout = 5',
    ];
    const again = [
      'alter function app.f(text, int) reset all',
      'alter function app.f(text, int) set statement_timeout = 5',
    ];
    const [one, oneFacts] = await build(
      'one',
      BASE,
      ...grants.slice(0, 2),
      'grant select (id) on app.child to seal_bob',
      ...again,
      'alter function app.f(text, int) set work_mem = 1024',
    );
    const [two, twoFacts] = await build(
      'two',
      'create table waste (a serial); drop table waste',
      BASE,
      'drop schema app cascade; select lo_unlink(4711); drop publication pub',
      BASE,
      'grant select (id) on app.child to seal_bob',
      grants[1]!,
      grants[0]!,
      grants[3]!,
      // the default said out loud is still the default
      'grant execute on function app.eq(app.pair, app.pair) to public',
      'revoke all on app.parted from seal_bob',
    );
    expect(said(oneFacts, twoFacts)).toEqual([]);
    expect(two).toEqual(one);
    expect(one).not.toEqual(seal);
  });

  test('finds a clone equal once the kinds a clone does not take along are left out', async () => {
    await client.query(`alter database base set work_mem = '9MB'`);
    await client.end();
    const admin = await server.connect();
    await admin.query('create database twin template base');
    await admin.end();
    client = await server.connect('base');
    const twin = await server.connect('twin');
    const mine = await contentSeal(client);
    const its = await contentSeal(twin);
    expect(compareSeals(mine, its)).toEqual({ equal: false, kinds: ['database_settings'] });
    const content = kindNames('content', 'cluster');
    expect(compareSeals(await contentSeal(client, content), await contentSeal(twin, content)).equal).toBe(
      true,
    );
    await twin.end();
    await client.query('alter database base reset all');
  });

  test('tells a reordering from a change', async () => {
    await client.query('begin; create table app.o (a int, b int)');
    const before = await contentFacts(client);
    await client.query('alter table app.o drop a; alter table app.o add a int');
    const changes = diffFacts(before, await contentFacts(client));
    expect(changes).toEqual([
      { object: 'column app.o.a', field: 'position', before: '1', after: '2' },
      { object: 'column app.o.b', field: 'position', before: '2', after: '1' },
    ]);
    expect(onlyReordered(changes)).toBe(true);
    await client.query('rollback');
  });

  test('speaks of every object under one name: no comment or privilege of something unlisted', async () => {
    await client.query(`begin; ${MUTATIONS.find(({ name }) => name.startsWith('comments on'))!.change};
      grant all on all tables in schema app to seal_bob; grant all on all routines in schema app to seal_bob;
      grant all on all sequences in schema app to seal_bob; grant usage on type app.color to seal_bob;
      grant usage on domain app.name to seal_bob; grant select (a) on app.t to seal_bob`);
    const notes = ['comments', 'privileges', 'security_labels', 'built_in'];
    const [listed, all] = [
      await contentFacts(
        client,
        kindNames('content').filter((kind) => !notes.includes(kind)),
      ),
      await contentFacts(client, kindNames('content')),
    ];
    const orphans = [...all.objects.keys()].filter(
      (object) => !listed.objects.has(object) && !/^built-in| information_schema\./.test(object),
    );
    expect(orphans).toEqual([]);
    await client.query('rollback');
  });

  test('can be read by a role that owns nothing', async () => {
    await client.query('begin; set local role seal_bob');
    expect((await contentSeal(client)).digest).toBe(seal.digest);
    await client.query('rollback');
  });

  test('refuses to answer in a failed transaction', async () => {
    await client.query('begin');
    await expect(client.query('select 1/0')).rejects.toThrow();
    await expect(contentSeal(client)).rejects.toThrow('The transaction has failed');
    await client.query('rollback');
    // and what all of the above did and took back has left no trace
    expect(await contentSeal(client)).toEqual(seal);
  });
});

test('seals of different majors are never compared', () => {
  const seal = (major: number): Seal => ({ major, digest: '', kinds: [], unmodelled: [] });
  expect(() => compareSeals(seal(15), seal(18))).toThrow('PostgreSQL 15');
});
