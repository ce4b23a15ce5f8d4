import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../../scripts/proof/index.ts';
import { withPinned } from '../../../scripts/proof/pinned.ts';
import { unmodelled } from '../../../scripts/proof/unmodelled.ts';
import { SERVERS, type Server, startServer } from './server.ts';

describe.each(SERVERS)('what the seal does not model on PostgreSQL $major', ({ target }) => {
  let server: Server;
  let client: pg.Client;
  const without = (...kinds: string[]) =>
    withPinned(client, (ask) =>
      unmodelled(
        ask,
        KINDS.filter(({ kind }) => !kinds.includes(kind)),
      ),
    );

  beforeAll(async () => {
    server = await startServer(target);
    client = await server.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test('is nothing: every catalog of this server is claimed or known not to be schema', async () => {
    const { rows } = await client.query(
      `select relname::text from pg_class
        where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and relname <> all ($1)`,
      [KINDS.flatMap(({ claims }) => claims)],
    );
    expect(rows.map(({ relname }) => relname).sort()).toEqual([
      'pg_depend',
      'pg_init_privs',
      'pg_largeobject',
      'pg_replication_origin',
      'pg_shdepend',
      'pg_statistic',
      'pg_statistic_ext_data',
      'pg_subscription_rel',
    ]);
  });

  test('is named with its rows, never dropped', async () => {
    await client.query(`create table kept (a int, b int); create statistics kept_ab on a, b from kept;
                        create operator === (leftarg = int, rightarg = int, function = int4eq)`);
    expect(await without()).toEqual([]);
    expect(await without('operators')).toEqual(['pg_operator: 1 row']);
    expect(await without('statistics')).toEqual(['pg_statistic_ext: 1 row']);
    // what is not claimed but empty of users' rows is no finding
    expect(await without('casts', 'policies')).toEqual([]);
    // pg_attribute has no oid of its own: the first oid it refers to tells a user's row
    expect((await without('columns')).map((line) => line.split(':')[0])).toEqual(['pg_attribute']);
  });
});
