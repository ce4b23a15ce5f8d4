import { describe, expect, test } from 'vitest';
import type { TestItem } from '../../../scripts/tap/index.ts';
import { servers } from '../support/index.ts';
import { runTest, runTests } from './support.ts';

const counts = ({ ok, planned, passed, failed, skipped, todo }: TestItem) => ({
  ok,
  planned,
  passed,
  failed,
  skipped,
  todo,
});

describe.each(servers)('$name: what a test file says', (server) => {
  test('passed, skipped and to do are counted apart and make the file ok', async () => {
    const result = await runTest(
      server,
      `begin;
       select plan(4);
       select ok(true, 'dignity is inviolable');
       select * from skip('no court here', 1);
       select * from todo('not enacted yet', 2);
       select ok(false, 'an amendment');
       select ok(true, 'a second one');
       select * from finish();
       rollback;`,
    );
    expect(counts(result)).toEqual({ ok: true, planned: 4, passed: 1, failed: 0, skipped: 1, todo: 2 });
    expect(result.tests.map(({ reason }) => reason)).toEqual([
      null,
      'no court here',
      'not enacted yet',
      'not enacted yet',
    ]);
    expect(result.findings).toEqual([]);
  });

  test('a failure shows its number, its name, what was there and what was wanted', async () => {
    const result = await runTest(
      server,
      `select plan(2); select is(146, 146, 'articles'); select is('Art 1'::text, 'Art 2', 'the first # one');
       select * from finish();`,
    );
    expect(counts(result)).toEqual({ ok: false, planned: 2, passed: 1, failed: 1, skipped: 0, todo: 0 });
    const [failure] = result.failures;
    expect(failure).toMatchObject({ n: 2, name: 'the first # one' });
    expect(failure!.diagnostics).toMatch(/have: Art 1\n\s*want: Art 2/);
    expect(result.findings).toMatchObject([
      { code: 'test_failed', file: 'article.sql', message: 'article.sql: 1 of 2 tests failed' },
    ]);
    expect(result.findings[0]!.detail).toMatch(/not ok 2 - the first # one[\s\S]*have: Art 1/);
  });

  test('a plan that is not kept, and none at all, fail the file', async () => {
    const { files } = await runTests(server, {
      'few.sql': `select plan(5); select pass('one'); select * from finish();`,
      'many.sql': `select plan(1); select pass('one'); select pass('two'); select * from finish();`,
      'none.sql': `select 'ok 1 - no plan was made';`,
      'unfinished.sql': `select * from no_plan(); select pass('one');`,
      'empty.sql': '-- nothing yet\n',
      'late.sql': `select * from no_plan(); select pass('one'); select * from finish();`,
      'skipped.sql': `select '1..0 # SKIP only on a standby';`,
    });
    const [few, many, none, unfinished, empty, late, skipped] = files;
    expect(counts(few!)).toMatchObject({ ok: false, planned: 5, passed: 1, failed: 4 });
    expect(few!.failures).toMatchObject([{ n: 2, name: 'tests 2 to 5 did not run' }]);
    expect(counts(many!)).toMatchObject({ ok: false, planned: 1, passed: 1, failed: 1 });
    expect(many!.failures).toMatchObject([{ n: 2, name: 'two', diagnostics: 'id greater than plan end' }]);
    for (const result of [none!, unfinished!, empty!]) {
      expect(counts(result)).toMatchObject({ ok: false, planned: null });
      expect(result.failures).toMatchObject([{ n: null, name: 'no plan' }]);
    }
    expect(counts(late!)).toMatchObject({ ok: true, planned: 1, passed: 1 });
    expect(counts(skipped!)).toMatchObject({ ok: true, planned: 0, passed: 0 });
  });

  test('an error in the middle is shown with its caret, and the rest of the plan counts as failed', async () => {
    const result = await runTest(
      server,
      `begin;
select plan(3);
select pass('before');
select is(1, (select paragraf from pg_class), 'never');
select pass('after');
rollback;`,
    );
    expect(counts(result)).toMatchObject({ ok: false, planned: 3, passed: 1, failed: 2 });
    expect(result.failures.map(({ n }) => n)).toEqual([2, null]);
    const [error, ...more] = result.findings;
    expect(more).toEqual([]);
    expect(error).toMatchObject({ code: 'test_error' });
    expect(error!.message).toMatch(/^article\.sql line 4: .*"paragraf".*42703/);
    expect(error!.detail).toMatch(/4 \| select is\(1, \(select paragraf[^\n]*\n *\| {22}\^/);
  });

  test('a file that does not parse is refused with its line before anything runs', async () => {
    const result = await runTest(server, `select plan(1);\nselect frm pg_class where;\n`);
    expect(result).toMatchObject({ ok: false, planned: null, lines: [] });
    expect(result.findings).toMatchObject([{ code: 'syntax_error' }]);
    expect(result.findings[0]!.message).toMatch(/^article\.sql line 2/);
  });

  test('finish(true) fails the file after the tests did', async () => {
    const result = await runTest(
      server,
      `select plan(1); select ok(false, 'x'); select * from finish(true);`,
    );
    expect(counts(result)).toMatchObject({ ok: false, planned: 1, passed: 0, failed: 1 });
    expect(result.findings.map(({ code }) => code)).toEqual(['test_error', 'test_failed']);
  });

  test('runtests() counts each function, and a failure within one is in its diagnostics', async () => {
    const result = await runTest(server, `select * from runtests('law'::name);`, {
      schema: `create schema law;
        create function law.test_dignity() returns setof text language plpgsql set search_path = pgtap
          as $$ begin return next pgtap.pass('inviolable'); end $$;
        create function law.test_freedom() returns setof text language plpgsql
          as $$ begin return next is(1, 2, 'paragraphs'); end $$;
        create function law.test_life() returns setof text language plpgsql
          as $$ begin return next pass('alive'); raise exception 'no such article'; end $$;`,
    });
    expect(counts(result)).toMatchObject({ ok: false, planned: 3, passed: 1, failed: 2 });
    expect(result.failures.map(({ name }) => name)).toEqual(['law.test_freedom', 'law.test_life']);
    expect(result.failures[0]!.diagnostics).toMatch(/not ok 1 - paragraphs\n[\s\S]*have: 1/);
    expect(result.failures[1]!.diagnostics).toMatch(/no such article/);
  });

  test('after a file that bails out no other is started', async () => {
    const suite = await runTests(
      server,
      {
        'a.sql': `select plan(2); select pass('a'); select 'Bail out!  the archive burns';`,
        'b.sql': `select plan(1); select pass('b'); select * from finish();`,
      },
      { jobs: 1 },
    );
    expect(suite.files).toMatchObject([{ file: 'a.sql', ok: false, bailedOut: 'the archive burns' }]);
    expect(suite.notRun).toEqual(['b.sql']);
  });
});
