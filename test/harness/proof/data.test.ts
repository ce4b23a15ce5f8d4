import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowCounts, sequenceStates, tableDigests } from '../../../scripts/proof/index.ts';
import { SERVERS, type Server, startServer } from './server.ts';

describe.each(SERVERS)('rows and sequences on PostgreSQL $major', ({ target }) => {
  let server: Server;
  let client: pg.Client;

  beforeAll(async () => {
    server = await startServer(target);
    client = await server.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test('there is nothing to count in an empty database', async () => {
    expect([await rowCounts(client), await sequenceStates(client), await tableDigests(client)]).toEqual([
      new Map(),
      new Map(),
      new Map(),
    ]);
  });

  test('rows are counted in every table and leaf, sequences are read without being moved', async () => {
    await client.query(`
      create schema "odd's %s";
      create table "odd's %s"."T ""x""" (r int, t int);
      insert into "odd's %s"."T ""x""" values (1, 2), (1, 2);
      create table p (k int) partition by list (k);
      create table p1 partition of p for values in (1);
      create unlogged table p2 partition of p for values in (2);
      insert into p values (1), (2), (2);
      create table parent (a int); create table kid () inherits (parent);
      insert into parent values (1); insert into kid values (1), (2), (3);
      create table nothing ();
      create temp table fleeting (a int);
      create sequence fresh; create sequence used start 7; select nextval('used');`);
    expect(await rowCounts(client)).toEqual(
      new Map([
        [`"odd's %s"."T ""x"""`, 2],
        ['public.p1', 1],
        ['public.p2', 2],
        ['public.parent', 1],
        ['public.kid', 3],
        ['public.nothing', 0],
      ]),
    );
    const states = new Map([
      ['public.fresh', { lastValue: '1', isCalled: false, logCount: 0 }],
      ['public.used', { lastValue: '7', isCalled: true, logCount: 32 }],
    ]);
    expect(await sequenceStates(client)).toEqual(states);
    expect(await sequenceStates(client)).toEqual(states);
    expect([...(await tableDigests(client)).keys()].sort()).toEqual(
      [...(await rowCounts(client)).keys()].sort(),
    );
  });

  test('rows digest to the same in any order of rows and columns, and to something else when one byte differs', async () => {
    await client.query(`
      create type mood as enum ('ok');
      create table every (i int, t text, b bytea, j json, jb jsonb, x xml, p point, n numeric, f float8,
                          d timestamptz, v interval, a int[], m mood, bits bit(3), q tsquery, u uuid, "row" text);
      insert into every values (1, null, '\\x00', '{"a": 1}', '{}', '<a/>', '(1,2)', 1.0, 0.1, now(), '1 mon', '{1}',
                                'ok', '101', 'a & b', gen_random_uuid(), 'x');
      insert into every (i) values (2), (2);
      create table one (a int, b text); insert into one values (1, 'x'), (2, 'y');
      create table two (a int, z int, b text); alter table two drop z; insert into two values (2, 'y'), (1, 'x');
      create table three (b text, a int); insert into three values ('x', 1), ('y', 2);
      create table four (a int, b text); insert into four values (1, 'x'), (2, 'Y');
      create table scale_a (n numeric); insert into scale_a values (1.0);
      create table scale_b (n numeric); insert into scale_b values (1.00);
      create table twice (a int, b text); insert into twice values (1, 'x'), (1, 'x')`);
    const digests = await tableDigests(client);
    const of = (name: string) => digests.get(`public.${name}`);
    expect(of('two')).toEqual(of('one'));
    expect(of('three')).toEqual(of('one'));
    expect(of('four')).not.toEqual(of('one'));
    expect(of('scale_a')).not.toEqual(of('scale_b'));
    expect(of('nothing')).toEqual({ rows: 0, digest: '0|0' });
    expect(of('twice')).toMatchObject({ rows: 2, digest: expect.not.stringMatching(/^0/) });
    expect(of('every')!.rows).toBe(3);
    await client.query(`set datestyle = 'German'; set extra_float_digits = -5; set bytea_output = 'escape';
                        set intervalstyle = 'postgres_verbose'; set timezone = 'Asia/Tokyo'`);
    expect(await tableDigests(client)).toEqual(digests);
    expect(await tableDigests(client, ['public.one'])).toEqual(new Map([['public.one', of('one')]]));
    await expect(tableDigests(client, ['public.one', `it's`])).rejects.toThrow(
      `No user table is called it's`,
    );
  });

  test('rows that row security hides are an error, not a smaller number', async () => {
    await client.query(`create role clerk; grant usage on schema public, "odd's %s" to clerk;
                        grant select on all tables in schema public, "odd's %s" to clerk;
                        alter table one enable row level security; begin; set local role clerk`);
    await expect(rowCounts(client)).rejects.toThrow('row-level security');
    await client.query('rollback');
  });
});
