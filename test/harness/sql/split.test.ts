import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IuError } from '../../../scripts/report/index.ts';
import { compareDigests, loadParser, parseSqlBytes } from '../../../scripts/sql/index.ts';
import { sql } from './support.ts';

await loadParser();

const STATEMENTS = [
  'select 1',
  "select 'a;b', 'it''s', 'é😀'",
  "select E'\\';\\n', U&'\\0041'",
  'select $$ a; -- no comment\n$$, $x$ $$ ; $x$',
  'create function f() returns int language sql begin atomic select 1; select 2; end',
  "do $do$ begin raise notice '日本;'; end $do$",
  'create table "Ünï;" (a int, /* in; side */ b text)',
  'create rule r as on insert to t do also (insert into u values (1); delete from v)',
  'select a.b, c::text, d[1:2], -1 <> +2, $1, 1.5e3 from s.t where x >= 2',
  'begin isolation level serializable',
  "comment on table t is 'x\ty'",
  "select '\u0001\u001f'",
];
const GAPS = [
  ' ',
  '\n',
  '\t',
  '\r\n',
  '/* ; */',
  '/* a /* nested; */ $$ */',
  "-- it's; é😀\n",
  '--\n',
  '/*日本*/',
  '\f',
  '\v',
];
const gap = fc.array(fc.constantFrom(...GAPS), { maxLength: 4 }).map((parts) => parts.join(''));
const statement = fc.constantFrom(...STATEMENTS);
const runs = { numRuns: 100 };

/** The non-comment tokens of a statement, found by what the harness itself does not use: its own list. */
const TOKENS = [
  ['select', "'a;b'", ',', '1', 'from', '"T"', 'where', 'a', '>=', '$$é;$$', ';'],
  [
    'create',
    'table',
    's',
    '.',
    't',
    '(',
    'a',
    'int',
    ',',
    'b',
    'text',
    'default',
    "'😀'",
    ')',
    ';',
    'begin',
    ';',
  ],
  ['update', 't', 'set', 'a', '=', 'a', '+', '1', 'where', 'b', '::', 'text', '=', "E'\\n'", ';'],
];

describe('splitting', () => {
  it.each(STATEMENTS)('%j is one statement, with or without a semicolon', (text) => {
    for (const whole of [text, `${text};`, ` -- é\n/* 😀 */ ${text} /* x */ ; -- y`]) {
      expect(sql(whole).statements.map((one) => one.text)).toEqual([text]);
    }
  });

  it('knows the place and the kind of each', () => {
    const file = sql('-- é😀\n;;  begin;\n/* 日 */ select 1 -- x\n;\tcommit');
    expect(file.statements.map(({ line, column, kind, text }) => [line, column, kind, text])).toEqual([
      [2, 5, 'TransactionStmt', 'begin'],
      [3, 9, 'SelectStmt', 'select 1'],
      [4, 3, 'TransactionStmt', 'commit'],
    ]);
    for (const one of file.statements) expect(file.text.startsWith(one.text, one.offset)).toBe(true);
  });

  it('joined statements come apart as they were', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(gap, statement, gap), { minLength: 1, maxLength: 6 }),
        gap,
        fc.boolean(),
        (list, end, last) => {
          const text =
            list.map(([before, one, after]) => before + one + after).join(';') + (last ? ';' : '') + end;
          const file = sql(text);
          expect(file.statements.map((one) => one.text)).toEqual(list.map(([, one]) => one));
          for (const one of file.statements) {
            expect(text.slice(one.offset, one.offset + one.text.length)).toBe(one.text);
            expect(text.slice(0, one.offset).split('\n').length).toBe(one.line);
          }
        },
      ),
      runs,
    );
  });

  it('arbitrary bytes are parsed or refused with an IuError, never anything else', () => {
    const crumbs = fc.constantFrom(
      ...STATEMENTS,
      ...GAPS,
      ';',
      "'",
      '"',
      '$$',
      '\\',
      '/*',
      '--! ',
      'Title:',
      'copy t from stdin;',
      'é',
      '\0',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text)),
      fc.array(crumbs, { maxLength: 8 }).map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          parseSqlBytes(input, 'x.sql');
        } catch (error) {
          expect(error).toBeInstanceOf(IuError);
          expect((error as IuError).exit).toBe(1);
        }
      }),
      { numRuns: 250 },
    );
  });
});

describe('digest', () => {
  const joined = (tokens: string[], gaps: string[]) =>
    tokens.map((token, index) => `${gaps[index % gaps.length]}${token}`).join('');

  it('is kept by comments and white space anywhere between tokens', () => {
    const filled = fc.array(
      gap.map((text) => ` ${text} `),
      { minLength: 5, maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...TOKENS), filled, (tokens, gaps) => {
        const [plain, spaced] = [sql(tokens.join(' ')), sql(joined(tokens, gaps))];
        expect(spaced.digest).toBe(plain.digest);
        expect(compareDigests(plain, spaced)).toBe('cosmetic');
      }),
      runs,
    );
  });

  it('is changed by any other token', () => {
    const change = (token: string) =>
      /^'|^E'|^\$\$|^"/.test(token)
        ? token.replace(/(.)(['"$]+)$/u, '$1x$2')
        : /^[a-z]+$/.test(token)
          ? token.toUpperCase()
          : `${token} ${token}`;
    for (const tokens of TOKENS) {
      const before = sql(tokens.join(' '));
      tokens.forEach((token, index) => {
        const text = tokens.with(index, change(token)).join(' ');
        let after: ReturnType<typeof sql>;
        try {
          after = sql(text);
        } catch {
          return; // not SQL any more, so it has no digest
        }
        expect(compareDigests(before, after), text).toBe('semantic');
      });
    }
  });

  it('counts headers, but not the bookkeeping of graphile-migrate', () => {
    const plain = sql('--! Title: a\n--! Hash: sha1:1\n\nselect 1;');
    const verdict = (text: string) => compareDigests(plain, sql(text));
    expect(verdict('--! Title: a\n--! Hash: sha1:1\n\nselect 1;')).toBe('same');
    expect(
      verdict(
        '--! Title:   a \n--! Hash: sha1:2\n--! Previous: -\n--! AllowInvalidHash\n\n-- licence\nselect 1;',
      ),
    ).toBe('cosmetic');
    expect(verdict('--! Title: b\n--! Hash: sha1:1\n\nselect 1;')).toBe('semantic');
    expect(verdict('--! Destroys: t\n--! Title: a\n\nselect 1;')).toBe('semantic');
    expect(verdict('select 1;')).toBe('semantic');
  });

  it('does not see CRLF outside of constants, and sees it inside', () => {
    const text = '--! Title: a\n\nselect 1, -- x\n  2;\n';
    expect(sql(text.replaceAll('\n', '\r\n')).digest).toBe(sql(text).digest);
    expect(sql("select 'a\r\nb'").digest).not.toBe(sql("select 'a\nb'").digest);
    expect(sql("select '\u0001'").digest).not.toBe(sql("select '\u0002'").digest);
  });

  it('has the canonical form of docs/FORMATS.md', async () => {
    const { createHash } = await import('node:crypto');
    const canonical = ['--! Title: a', '--! NoTransaction', 'select', "'é'", ',', '$$ b $$', ';'].join('\0');
    const file = sql("--! Title: a\n--! Hash: x\n--! NoTransaction\n\nselect 'é' /* c */,\n$$ b $$; -- d");
    expect(file.digest).toBe(createHash('sha256').update(canonical).digest('hex'));
    expect(file.sha256).toBe(createHash('sha256').update(file.text).digest('hex'));
  });
});
