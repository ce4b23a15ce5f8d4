import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AMENDMENTS, ARTICLES, iu, makeProject, migrationFile } from '../support/index.ts';

/** Nothing is started for these: the files are judged first. A URL that nobody answers proves it. */
const NOWHERE = 'postgresql://nobody@127.0.0.1:1/nowhere';
const check = async (project: string) => iu(['migrate', '--target', NOWHERE], project);

describe('bad files are refused before anything is started', () => {
  it('a missing rollback', async () => {
    const project = makeProject([], {
      'migrations/committed/000001-a.sql': migrationFile('set local role workflow_admin;', null).text,
    });
    const { report } = await check(project);
    expect(report).toMatchObject({
      exit: 1,
      findings: [
        {
          code: 'missing_rollback',
          file: 'rollback/000001-a.sql',
          next: expect.stringContaining('rollback/000001-a.sql'),
        },
      ],
    });
  });

  it('a rollback that belongs to nothing', async () => {
    const project = makeProject([ARTICLES], { 'rollback/000002-gone.sql': 'select 1;' });
    expect((await check(project)).report.findings).toMatchObject([{ code: 'orphan_rollback' }]);
  });

  it('an unknown header, with the nearest known one', async () => {
    const project = makeProject([ARTICLES], {
      'rollback/000001-articles.sql': '--! Destroy: rows\n\nselect 1;',
    });
    const [finding] = (await check(project)).report.findings;
    expect(finding).toMatchObject({ code: 'header_unknown', file: 'rollback/000001-articles.sql' });
    expect(`${finding!.message} ${finding!.next}`).toContain('Destroys');
  });

  it('a file that is not UTF-8, with the byte', async () => {
    const bytes = Buffer.from("--! Title: x\n\nselect 'M\xe4rz';\n", 'latin1');
    const project = makeProject([ARTICLES], {
      'runtime/001_month.sql': bytes,
      'rollback/001_month.sql': 'begin; select 1; commit;',
    });
    const [finding] = (await check(project)).report.findings;
    expect(finding).toMatchObject({ code: 'not_utf8', file: 'runtime/001_month.sql' });
    expect(finding!.message).toMatch(/line 3/);
  });

  it('a syntax error, with a caret under it', async () => {
    const down = 'set local role workflow_admin;\ndrop table public.article cascaded;';
    const project = makeProject([ARTICLES], { 'rollback/000001-articles.sql': down });
    const [finding] = (await check(project)).report.findings;
    expect(finding).toMatchObject({ code: 'syntax_error', file: 'rollback/000001-articles.sql' });
    const lines = finding!.detail!.split('\n');
    const caret = lines.findIndex((line) => /^\s*\|?\s*\^/.test(line));
    expect(lines[caret]!.indexOf('^')).toBe(lines[caret - 1]!.indexOf('cascaded'));
  });

  it('a COMMIT inside a migration, a probe without ROLLBACK, a runtime script without its transaction', async () => {
    const project = makeProject([{ ...ARTICLES, up: `${ARTICLES.up}\ncommit;` }], {
      'sandbox/001_look.sql': 'begin; select 1; commit;',
      'runtime/001_set.sql': 'select 1;',
      'rollback/001_set.sql': 'begin; select 1; commit;',
    });
    const { findings } = (await check(project)).report;
    expect(new Set(findings.map((finding) => finding.file))).toEqual(
      new Set(['migrations/committed/000001-articles.sql', 'sandbox/001_look.sql', 'runtime/001_set.sql']),
    );
  });

  it('a committed migration that was edited, and one committed after another', async () => {
    const { text } = migrationFile(ARTICLES.up, null);
    const edited = makeProject([ARTICLES], {
      'migrations/committed/000001-articles.sql': text.replace('number text', 'number varchar'),
    });
    // Asked where it would be run anew; what an edit of an applied file means, the ledger says (drift.test.ts).
    expect((await iu(['prove'], edited)).report.findings).toMatchObject([{ code: 'hash_mismatch' }]);
    const { text: other } = migrationFile(AMENDMENTS.up, 'sha1:0000000000000000000000000000000000000000');
    const broken = makeProject([ARTICLES, AMENDMENTS], {
      'migrations/committed/000002-amendments.sql': other,
    });
    expect((await check(broken)).report.findings).toMatchObject([{ code: 'broken_chain' }]);
  });

  it('names, numbers, requirements, and everything that is wrong at once', async () => {
    const fine = 'begin; select 1; commit;';
    const project = makeProject([ARTICLES], {
      'migrations/committed/7-short.sql': 'select 1;',
      'runtime/002_a.sql': `--! Requires: 003_later\n\n${fine}`,
      'rollback/002_a.sql': fine,
      'runtime/002_b.sql': fine,
      'rollback/002_b.sql': fine,
      'sandbox/001_ask.sql': '\\echo hello\nbegin; rollback;',
    });
    const codes = (await check(project)).report.findings.map((finding) => finding.code);
    expect(codes).toEqual(expect.arrayContaining(['misnamed_file', 'unmet_requires', 'same_number']));
    expect(codes.length).toBeGreaterThanOrEqual(4);
  });

  it('a migration that does not become workflow_admin first', async () => {
    const project = makeProject([
      { ...ARTICLES, up: ARTICLES.up.replace('set local role workflow_admin;', '') },
    ]);
    expect((await check(project)).report.findings).toMatchObject([{ code: 'not_as_workflow_admin' }]);
  });

  it('a file that graphile-migrate cannot read, one that is too large, a folder that is none', async () => {
    const crlf = makeProject([ARTICLES], {
      'migrations/committed/000001-articles.sql': migrationFile(ARTICLES.up, null).text.replaceAll(
        '\n',
        '\r\n',
      ),
    });
    expect((await check(crlf)).report.exit).toBe(1);
    const twin = makeProject([ARTICLES], {
      'migrations/committed/000001-twin.sql': '--! Title: twin\n\nset local role workflow_admin;\n',
      'rollback/000001-twin.sql': 'select 1;',
    });
    expect((await check(twin)).report.findings).toMatchObject([{ code: 'same_number' }]);
    const large = makeProject([ARTICLES], {
      'rollback/000001-articles.sql': `select 1;${' '.repeat(17 * 2 ** 20)}`,
    });
    expect((await check(large)).report).toMatchObject({ exit: 1, findings: [{ code: 'too_large' }] });
    const file = makeProject([ARTICLES]);
    rmSync(join(file, 'runtime'), { recursive: true });
    writeFileSync(join(file, 'runtime'), '');
    expect((await check(file)).report).toMatchObject({ exit: 2, findings: [{ code: 'folder_unreadable' }] });
  });

  it('a folder that is no project', async () => {
    const { report } = await iu(['status', '--target', NOWHERE], '/');
    expect(report).toMatchObject({ exit: 2, findings: [{ code: 'no_project' }] });
  });
});
