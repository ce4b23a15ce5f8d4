import { describe, expect, test } from 'vitest';
import { withDatabase } from '../../../scripts/postgres/index.ts';
import { query, servers } from '../support/index.ts';
import { runTest, runTests } from './support.ts';

describe.each(servers)('$name: files that break off', (server) => {
  test('a file that hangs is cancelled, and the statement is named', async () => {
    const started = performance.now();
    const result = await runTest(
      server,
      `begin;\nselect plan(2);\nselect pass('before');\nselect pg_sleep(600);\nrollback;`,
      { seconds: 1 },
    );
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(result).toMatchObject({ ok: false, planned: 2, passed: 1, failed: 1 });
    expect(result.findings).toMatchObject([{ code: 'test_timeout', file: 'article.sql' }]);
    expect(result.findings[0]!.message).toMatch(/^article\.sql line 4: still running when the 1 s/);
    expect(result.findings[0]!.detail).toMatch(/4 \| select pg_sleep/);
  });

  test('one that does not let itself be cancelled loses its session', async () => {
    const result = await runTest(
      server,
      `do $$ begin
         loop
           begin perform pg_sleep(600); exception when query_canceled then null; end;
         end loop;
       end $$;`,
      { seconds: 1 },
    );
    expect(result.findings.map(({ code }) => code)).toContain('test_timeout');
  });

  test('a crash of the backend is named, other files go on, and what was called before is counted', async () => {
    const suite = await runTests(
      server,
      {
        'crash.sql': `select plan(2);\nselect is(law.articles(), 146);\nselect pg_terminate_backend(pg_backend_pid());`,
        'fine.sql': `select plan(1); select pass('unharmed'); select * from finish();`,
      },
      {
        schema: `create schema law;
          create function law.articles() returns int language plpgsql as 'begin return 146; end'`,
      },
    );
    const [crash, fine] = suite.files;
    expect(crash).toMatchObject({ ok: false, planned: 2, passed: 1, failed: 1 });
    expect(crash!.findings).toMatchObject([{ code: 'test_crashed', file: 'crash.sql' }]);
    expect(crash!.findings[0]!.message).toMatch(/^crash\.sql line 3: the session ended/);
    expect(fine).toMatchObject({ ok: true, passed: 1 });
    expect(suite.coverage).toMatchObject([{ function: 'law.articles()', state: 'called', calls: 1 }]);
  });

  test('no clone is left behind, however a file ends', async () => {
    const { left } = await runTests(server, {
      'crash.sql': `select pg_terminate_backend(pg_backend_pid());`,
      'error.sql': `begin; select 1/0;`,
      'fine.sql': `select plan(1); select pass('unharmed'); select * from finish();`,
      'meta.sql': '\\q\n',
    });
    expect(left).toEqual([]);
  });

  test('a clone that cannot be dropped is a finding', async () => {
    const gid = `iu_tap_${server.name.replace(/\W/g, '_')}`;
    const { files, left } = await runTests(server, {
      'prepared.sql': `select '1..1';
        begin; create table public.article (); prepare transaction '${gid}';
        select 'ok 1 - prepared';`,
    });
    expect(left).toHaveLength(1);
    await query(withDatabase(server.url, left[0]!), `rollback prepared '${gid}'`);
    await query(server.url, `drop database ${left[0]}`);
    expect(files[0]!.findings).toMatchObject([{ code: 'clone_not_dropped', file: 'prepared.sql' }]);
  });
});
