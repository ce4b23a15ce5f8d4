import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { EXIT, type IuError } from '../../../scripts/report/index.ts';
import { loadParser, readSqlFile } from '../../../scripts/sql/index.ts';
import { places, refusals, sql } from './support.ts';

await loadParser();

describe('bytes that are no SQL file', () => {
  it.each([
    [
      'not UTF-8',
      Buffer.concat([Buffer.from('é\nselect '), Buffer.from([0xe9])]),
      'not_utf8',
      'byte 0xE9 at offset 10, line 2',
    ],
    ['a cut sequence', Buffer.from([0x41, 0xe2, 0x82, 0x41]), 'not_utf8', 'byte 0xE2 at offset 1, line 1'],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'not_utf8', 'byte 0xED at offset 0'],
    ['UTF-16', Buffer.from('\ufeffselect 1', 'utf16le'), 'not_utf8', 'looks like UTF-16'],
    [
      'a replacement character before the fault',
      Buffer.concat([Buffer.from('\ufffd\ufffd'), Buffer.from([0xff])]),
      'not_utf8',
      'offset 6,',
    ],
    ['a byte order mark', Buffer.from('\ufeffselect 1'), 'byte_order_mark', 'EF BB BF'],
    ['NUL', Buffer.from('select 1;\n-- \0'), 'nul_byte', 'byte 0x00 at offset 13, line 2'],
  ])('%s', (_, bytes, code, words) => {
    const [finding] = refusals(bytes);
    expect(finding).toMatchObject({ code, file: 'x.sql', next: expect.any(String) });
    expect(finding!.message).toContain(words);
  });

  it('lets a genuine replacement character pass', () => {
    expect(sql("select '\ufffd'").statements).toHaveLength(1);
  });

  it.each(['', '  \n', '-- nothing', '/* a */;;'])('without a statement: %j', (text) => {
    expect(refusals(text)).toMatchObject([{ code: 'no_statement' }]);
  });
});

describe('syntax', () => {
  it.each([
    ['select 1;\nselect frm t t t;\n', 'syntax_error@2:14', '2 | select frm t t t;\n  |              ^'],
    [
      "-- é😀\nselect '😀é', frm from from t",
      'syntax_error@2:23',
      "2 | select '😀é', frm from from t\n  |                        ^",
    ],
    ['create table t (\n  a int\n-- end\n', 'syntax_error@2:8', '2 |   a int\n  |        ^'],
    ["select 'abc", 'syntax_error@1:8', "1 | select 'abc\n  |        ^"],
    ["select 1;\nselect E'\\xff';", 'syntax_error@2:14', "2 | select E'\\xff';\n  |              ^"],
  ])('%j', (text, place, detail) => {
    const findings = refusals(text);
    expect(places(findings)).toEqual([place]);
    expect(findings[0]!.detail).toBe(detail);
  });

  it('says so when the parser cannot cope', () => {
    expect(refusals(`select ${'1+'.repeat(20000)}1`)).toMatchObject([{ code: 'parser_gave_up' }]);
    expect(sql('select 1').statements).toHaveLength(1);
  });

  it('calls a parser that nobody loaded a bug, not a fault of the file', async () => {
    const index = resolve(import.meta.dirname, '../../../scripts/sql/index.ts');
    const script = `
      import { parseSqlBytes } from ${JSON.stringify(index)};
      parseSqlBytes(Buffer.from('select 1'), 'x.sql');`;
    const { stderr, exitCode } = await $({
      nothrow: true,
      quiet: true,
    })`${process.execPath} --input-type=module -e ${script}`;
    expect({ stderr, exitCode }).toMatchObject({
      stderr: expect.stringContaining('WASM module not initialized'),
      exitCode: 1,
    });
  });

  it.each([
    ['\\set x 1\nselect 1;', 'psql_meta_command@1:1', '\\set'],
    ["select 1;\n  \\echo it's", 'psql_meta_command@2:3', '\\echo'],
    ['select 1 \\gset\n', 'psql_meta_command@1:10', '\\gset'],
    ["-- 日本\nselect '日';\\i a.sql", 'psql_meta_command@2:12', '\\i'],
  ])('meta-command %j', (text, place, name) => {
    const findings = refusals(text);
    expect(places(findings)).toEqual([place]);
    expect(findings[0]!.message).toContain(`psql meta-command ${name}; this file must run unchanged`);
  });

  it.each([
    ["select 1;\ncopy t from stdin;\nit's\t2\n\\.\n", 'copy_from_stdin@2:1'],
    ['copy t (a) from stdin with (format csv);\n\\.\n', 'copy_from_stdin@1:1'],
    ['copy t from stdin;\nselect 1;', 'copy_from_stdin@1:1'],
  ])('inline data %j', (text, place) => {
    expect(places(refusals(text))).toEqual([place]);
  });

  it('leaves other COPY and backslashes in constants alone', () => {
    expect(sql("copy t from '/a'; copy t to stdout; select '\\d', $$\\i$$; -- \\x").statements).toHaveLength(
      3,
    );
  });
});

describe('readSqlFile', () => {
  it('reads a file, and names one that is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iu-sql-'));
    await writeFile(join(folder, 'a.sql'), 'select 1;\n');
    expect((await readSqlFile(join(folder, 'a.sql'), 'runtime/a.sql')).file).toBe('runtime/a.sql');
    const error: IuError = await readSqlFile(join(folder, 'b.sql'), 'runtime/b.sql').catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      exit: EXIT.usage,
      findings: [{ code: 'file_unreadable', file: 'runtime/b.sql' }],
    });
    await rm(folder, { recursive: true });
  });
});
