import { describe, expect, test } from 'vitest';
import { servers } from '../support/index.ts';
import { runTests } from './support.ts';

describe.each(servers)('$name: every file has a database to itself', (server) => {
  test('files that commit the same names run side by side', async () => {
    const file = (text: string) =>
      `create table public.article (body text);
       insert into public.article values ('${text}');
       create function public.body() returns text language sql as 'select body from public.article';
       select plan(2);
       select is(public.body(), '${text}', 'mine');
       select is(count(*), 1::bigint, 'alone') from public.article;
       select * from finish();`;
    const names = ['a', 'b', 'c', 'd'];
    const { files } = await runTests(
      server,
      Object.fromEntries(names.map((name) => [`${name}.sql`, file(name)])),
      { jobs: 2 },
    );
    expect(files.map(({ file: name, ok, passed }) => ({ name, ok, passed }))).toEqual(
      names.map((name) => ({ name: `${name}.sql`, ok: true, passed: 2 })),
    );
  });

  test('a clone has the settings and grants of its source', async () => {
    const { files } = await runTests(
      server,
      {
        'settings.sql': `select plan(3);
          select is(current_setting('law.edition'), '2024', 'a setting of the database');
          select is(current_setting('search_path'), 'law, public, pgtap', 'its search_path, and pgTAP');
          select ok(not has_database_privilege('public', current_database(), 'temp'), 'its grants');
          select * from finish();`,
      },
      {
        schema: `do $$ begin
          execute format('alter database %I set law.edition = 2024', current_database());
          execute format('alter database %I set search_path = law, public', current_database());
          execute format('revoke temp on database %I from public', current_database());
        end $$; create schema law`,
      },
    );
    expect(files[0]!.failures).toEqual([]);
  });

  test('tests run under another role', async () => {
    const { files } = await runTests(server, {
      'role.sql': `begin;
        select plan(2);
        set local role pg_monitor;
        select is(current_user, 'pg_monitor'::name, 'somebody else');
        select throws_ok('create table public.article ()', '42501', null, 'may not create');
        reset role;
        select * from finish();
        rollback;`,
    });
    expect(files[0]!.failures).toEqual([]);
  });
});
