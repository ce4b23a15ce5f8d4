import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTests } from '../../../scripts/tap/index.ts';
import { ARTICLES, freshDatabase, iu, makeProject, servers, startIu } from '../support/index.ts';
import { folder } from './support.ts';

const PASSES = `begin; select plan(1); select pass('inviolable'); select * from finish(); rollback;`;

describe('iu test', () => {
  test('runs on the project as its migrations make it, in parallel, and reports in every form', async () => {
    const root = makeProject([ARTICLES], {
      'test/pgtap/article.sql': `select plan(3);
        select has_table('public', 'article', 'articles are there');
        select is(1, 2, 'numbers agree');
        select * from skip('no court', 1);
        select * from finish();`,
      'test/pgtap/other.pg': PASSES,
    });
    const args = ['test', '--tap', 'out.tap', '--junit', 'out.xml', '--coverage'];
    const { code, report } = await iu(args, root);
    expect(code).toBe(1);
    expect(report).toMatchObject({ verb: 'test', verdict: '1 of 2 files failed' });
    expect(report.items).toMatchObject([
      { file: 'test/pgtap/article.sql', ok: false, planned: 3, passed: 1, failed: 1, skipped: 1 },
      { file: 'test/pgtap/other.pg', ok: true, planned: 1, passed: 1 },
    ]);
    expect(report.findings).toMatchObject([{ code: 'test_failed', file: 'test/pgtap/article.sql' }]);
    expect(readFileSync(join(root, 'out.tap'), 'utf8')).toMatch(/^TAP version 14\n1\.\.2\n/);
    expect(readFileSync(join(root, 'out.xml'), 'utf8')).toContain('<failure message="numbers agree">');
  });

  test('without a project the tests have an empty database; people read one line per file', async () => {
    const run = await startIu(['test', '.', '--jobs', '1'], folder({ 'a.sql': PASSES }));
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/a\.sql \.+ 1 passed {2}\d/);
    expect(run.stdout).toMatch(/coverage: 0 of 0 functions called/);
    expect(run.stdout).not.toMatch(/Warning/);
    expect(run.stderr).toBe('');
  });

  test('a bad option is an error of usage, before any server is started', async () => {
    const { code, report } = await iu(['test', 'a.sql', '--jobs', '0'], folder({ 'a.sql': PASSES }));
    expect(code).toBe(2);
    expect(report).toMatchObject({ target: null, findings: [{ code: 'usage' }] });
  });

  test('tests are .sql and .pg files, of folders all below them; a path without any is an error', async () => {
    const root = folder({ 'a.sql': PASSES, 'law/b.pg': PASSES, 'law/readme.md': '', 'empty/readme.md': '' });
    expect(await findTests(root, ['law', '.'])).toEqual(['a.sql', 'law/b.pg']);
    for (const [path, code] of [
      ['nowhere', 'no_such_file'],
      ['empty', 'no_tests'],
    ]) {
      await expect(findTests(root, [path!])).rejects.toMatchObject({ exit: 2, findings: [{ code }] });
    }
  });
});

describe.each(servers)('$name', (server) => {
  test('a hang and a refused command end with 1, each named', async () => {
    const { url } = await freshDatabase(server);
    const root = folder({
      'hang.sql': 'begin;\nselect plan(1);\nselect pg_sleep(600);\nrollback;',
      'meta.sql': 'begin;\n\\watch 1\nrollback;',
    });
    const { code, report } = await iu(['test', '.', '--timeout', '1', '--target', url], root);
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      { code: 'test_timeout', file: 'hang.sql' },
      { code: 'psql_meta_command', file: 'meta.sql' },
    ]);
    expect(report.findings[1]!.message).toMatch(/meta\.sql line 2.*\\watch/);
  });
});
