import { describe, expect, test } from 'vitest';
import { IuError } from '../../../scripts/report/index.ts';
import { readSource } from '../../../scripts/tap/source.ts';
import { servers } from '../support/index.ts';
import { folder, runTests } from './support.ts';

/** Statements and echoes of a file, in order. */
async function pieces(text: string, more: Record<string, string> = {}): Promise<string[]> {
  const root = folder({ 'article.sql': text, ...more });
  const source = await readSource(root, 'article.sql');
  return source.pieces.map((piece) => ('echo' in piece ? `echo ${piece.echo}` : piece.statement.text));
}

async function refusal(text: string, more: Record<string, string> = {}): Promise<string> {
  const error = await pieces(text, more).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(IuError);
  return (error as IuError).findings.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

describe('psql in test files', () => {
  test('the head of pgTAP’s own examples is understood', async () => {
    const head = `\\unset ECHO
\\set ECHO none
\\set QUIET 1
-- Format the output for nice TAP.
\\pset format unaligned
\\pset tuples_only true
\\pset pager off
\\timing off
\\t
\\a
\\set ON_ERROR_ROLLBACK 1
\\set ON_ERROR_STOP true
\\set QUIET 1
BEGIN;
SELECT plan(1);
\\echo # half way
SELECT pass( 'My test passed, w00t!' );
SELECT * FROM finish();
ROLLBACK;
`;
    expect(await pieces(head)).toEqual([
      'BEGIN',
      'SELECT plan(1)',
      'echo # half way',
      "SELECT pass( 'My test passed, w00t!' )",
      'SELECT * FROM finish()',
      'ROLLBACK',
    ]);
    expect(await pieces(head.replaceAll('\n', '\r\n'))).toHaveLength(6);
  });

  test('variables stand for values outside of quotes only', async () => {
    const text = `\\set code 5
\\set word 'it''s'
\\set table "Article"
select :code, :'word', :"table", ':code', ":code", $$:code$$, '{1,2}'::int[], :unknown_is_left -- :code
`.replace(', :unknown_is_left', '');
    expect(await pieces(text)).toEqual([
      `select 5, 'it''s', "Article", ':code', ":code", $$:code$$, '{1,2}'::int[]`,
    ]);
    expect(await pieces(`\\set w '\\' waffle \\''\nselect :'w', :w;`)).toEqual([
      `select ''' waffle ''', ' waffle '`,
    ]);
    expect(await pieces(`\\set n 2\nselect ('{1,2}'::int[])[1 : 2], 'Điều :n', :n;`)).toEqual([
      `select ('{1,2}'::int[])[1 : 2], 'Điều :n', 2`,
    ]);
    expect(await refusal('\\set n 2\n\\unset n\nselect :n;')).toMatch(/syntax_error: article.sql line 3/);
  });

  test('a backslash within a string, a body or a comment is none', async () => {
    const text = `select 'a
\\set x 1
';
create function f() returns text language plpgsql as $$
\\i nowhere.sql
$$;
/*
\\q
*/
select 2;
`;
    expect(await pieces(text)).toHaveLength(3);
  });

  test('includes are read in their place: \\i from here, \\ir from beside the file', async () => {
    const files = {
      'sql/setup.sql': 'create table article ();\n\\ir more.sql\n',
      'sql/more.sql': "\\set number 5\nselect 'more'",
    };
    expect(await pieces('\\i sql/setup.sql\nselect :number;', files)).toEqual([
      'create table article ()',
      "select 'more'",
      'select 5',
    ]);
    expect(await refusal('\\ir nowhere.sql\n')).toMatch(/file_unreadable: cannot read nowhere\.sql/);
    expect(await refusal('\\i article.sql\n')).toMatch(/line 1.*includes itself/);
  });

  test.each([
    ['\\gset', 'select 1 \\gset\n'],
    ['\\if', '\n\\if true\nselect 1;\n\\endif\n'],
    ['\\copy', 'select 1;\n\\copy t from x\n'],
    ['\\!', '\\! rm -rf /\n'],
    ['\\connect', '\\connect other\n'],
    ['\\x', '  \\x\n'],
    ['\\pset', '\\pset format aligned\n'],
    ['\\set', '\\set ON_ERROR_STOP off\n'],
    ['\\set', '\\set AUTOCOMMIT off\n'],
    ['\\unset', '\\unset ON_ERROR_STOP\n'],
    ['\\set', 'select 1\n\\set x 1\n+ 2;\n'],
  ])('%s is refused by name, with its line', async (command, text) => {
    const line = text.slice(0, text.indexOf(command)).split('\n').length;
    const said = await refusal(text);
    expect(said).toMatch(/^psql_meta_command: /);
    expect(said).toContain(`line ${line}`);
    expect(said).toContain(`meta-command ${command}`);
  });

  test('COPY … FROM STDIN is refused', async () => {
    expect(await refusal('copy t from stdin;\n1\n\\.\n')).toMatch(/copy_from_stdin/);
  });
});

describe.each(servers)('$name: files written for psql', (server) => {
  test('run, pgTAP created by themselves or not; an error in an include is placed there', async () => {
    const { files } = await runTests(
      server,
      {
        'theirs.pg': `\\set QUIET 1
CREATE EXTENSION IF NOT EXISTS pgtap WITH SCHEMA public;
CREATE EXTENSION pgtap;
\\set want '5 paragraphs'
SELECT plan(1);
SELECT is(5 || ' paragraphs', :'want', 'Article ":want"');
SELECT * FROM finish();`,
        'includes.sql': `select plan(1);\n\\ir lib/broken.sql\n`,
        'lib/broken.sql': `\n\nselect nothing_there;\n`,
      },
      { run: ['theirs.pg', 'includes.sql'] },
    );
    expect(files[0]).toMatchObject({ ok: true, passed: 1 });
    expect(files[0]!.tests[0]!.name).toBe('Article ":want"');
    expect(files[1]!.findings[0]!.message).toMatch(/^lib\/broken\.sql line 3/);
  });
});
