import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connect,
  createDatabase,
  dropDatabase,
  type Target,
  uniqueName,
  withConnection,
} from '../../../scripts/postgres/index.ts';
import { asUser, failureOf, open, SPECS, testScope } from './helpers.ts';

const scope = testScope();
afterAll(() => scope.close());

test('unique names differ, fit and need no quotes', () => {
  const names = Array.from({ length: 1_000 }, () => uniqueName('Clone of-something'.repeat(5)));
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{1,62}$/);
});

describe.each(SPECS)('%s', (spec) => {
  let target: Target;
  let admin: pg.Client;
  beforeAll(async () => {
    target = await open(spec, scope);
    admin = await connect(target.url);
    await admin.query('create role plain login');
  });
  afterAll(() => admin?.end());

  test('a clone has the content of its template, not the grants on it', async () => {
    const [template, clone] = [uniqueName('template'), uniqueName('clone')];
    await createDatabase(admin, template);
    await withConnection(target.database(template), (client) =>
      client.query('create table kept as select 1 as n'),
    );
    await admin.query(`grant create on database ${template} to plain`);
    await createDatabase(admin, clone, { template });
    const { rows } = await withConnection(target.database(clone), (client) =>
      client.query(
        "select n, has_database_privilege('plain', current_database(), 'create') as granted from kept",
      ),
    );
    expect(rows).toEqual([{ n: 1, granted: false }]);
  });

  test('dropping ends the sessions in it, and is silent when there is none', async () => {
    const name = uniqueName('It is "quoted"');
    await createDatabase(admin, name);
    const client = await connect(target.database(name));
    await dropDatabase(admin, name);
    await dropDatabase(admin, name);
    await expect(client.query('select 1')).rejects.toThrow();
  });

  test('names are quoted', async () => {
    await createDatabase(admin, 'a "b" c');
    const { rows } = await withConnection(target.database('a "b" c'), (client) =>
      client.query('select current_database()'),
    );
    expect(rows).toEqual([{ current_database: 'a "b" c' }]);
    await dropDatabase(admin, 'a "b" c');
  });

  test('what goes wrong is said', async () => {
    const code = async (promise: Promise<void>) => (await failureOf(promise)).findings[0]!.code;
    expect(await code(createDatabase(admin, 'postgres'))).toBe('database_exists');
    expect(await code(createDatabase(admin, 'x', { template: 'nothing' }))).toBe('no_such_template');
    const plain = await connect(asUser(target.url, 'plain'));
    expect(await code(createDatabase(plain, 'x'))).toBe('may_not_create_database');
    await plain.end();
  });
});

// On one server only: the server waits 5 s for the others to leave.
test('a template in use blocks the clone', async () => {
  const target = await open('embedded', scope);
  const [admin, other] = [await connect(target.url), await connect(target.database('template1'))];
  const error = await failureOf(createDatabase(admin, 'x', { template: 'template1' }));
  expect(error).toMatchObject({ exit: 4, findings: [{ code: 'template_in_use' }] });
  expect(error.message).toContain('template1 cannot be cloned');
  for (const client of [admin, other]) await client.end();
});
