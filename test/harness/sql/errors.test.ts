import { describe, expect, it } from 'vitest';
import {
  createdConcurrently,
  createdObjects,
  loadParser,
  serverError,
  snippet,
} from '../../../scripts/sql/index.ts';
import { sql } from './support.ts';

await loadParser();

describe('snippet', () => {
  it.each([
    ['a\nselect frm t;', 9, 2, 8, '2 | select frm t;\n  |        ^'],
    ['\ta\tb', 3, 1, 4, '1 |     a   b\n  |         ^'],
    ["select '日本', x", 13, 1, 14, "1 | select '日本', x\n  |                ^"],
    ["select '😀', x", 13, 1, 13, "1 | select '😀', x\n  |              ^"],
    ['e\u0301 x', 3, 1, 4, '1 | e\u0301 x\n  |   ^'],
    ['a\r\nb', 1, 1, 2, '1 | a\n  |  ^'],
    ['a\u0007b', 2, 1, 3, '1 | a·b\n  |   ^'],
    ['a\n', 2, 2, 1, '2 |\n  | ^'],
    ['a', 99, 1, 2, '1 | a\n  |  ^'],
    ['', 0, 1, 1, '1 |\n  | ^'],
  ])('%j at %d', (text, offset, line, column, detail) => {
    expect(snippet(text, offset)).toEqual({ line, column, detail });
  });

  it('cuts a long line around the fault', () => {
    const { column, detail } = snippet(`${'😀'.repeat(5000)}X${'y'.repeat(9000)}`, 10000);
    expect(column).toBe(5001);
    const [line, caret] = detail.split('\n');
    expect(line).toMatch(/^1 \| …(?:😀){30}Xy{39}…$/u);
    expect(caret).toBe(`  | ${' '.repeat(61)}^`);
  });
});

const server = (fields: object) =>
  Object.assign(new Error('it failed'), { severity: 'ERROR', code: '42P01', ...fields });

describe('serverError', () => {
  const file = sql("-- é😀\nselect 1;\nselect '😀', nix\n  from t;");

  it('places a position within the statement', () => {
    const error = server({ position: '13', detail: 'why', where: 'SQL function "f"' });
    expect(serverError(error, file, file.statements[1])).toEqual({
      code: 'server_error',
      message: 'x.sql line 3: it failed (SQLSTATE 42P01)',
      file: 'x.sql',
      next: 'correct x.sql line 3 or what it relies on, then run this again',
      detail: '3 | select \'😀\', nix\n  |              ^\nDETAIL: why\nCONTEXT: SQL function "f"',
    });
  });

  it('places a position within a longer stretch that was sent', () => {
    const offset = file.text.indexOf('select 1');
    const finding = serverError(server({ position: '11', hint: 'try' }), file, undefined, offset);
    expect(finding!.detail).toBe("3 | select '😀', nix\n  | ^");
    expect(finding!.next).toBe('try');
  });

  it('shows the statement when there is no position, and the query inside a function', () => {
    const error = server({ internalQuery: 'select\n  frm t t t', internalPosition: '16' });
    expect(serverError(error, file, file.statements[1])!.detail).toBe(
      "3 | select '😀', nix\n  | ^\nQUERY:\n2 |   frm t t t\n  |         ^",
    );
    expect(serverError(error, file)).toMatchObject({ message: 'x.sql: it failed (SQLSTATE 42P01)' });
  });

  it('takes the hint of our own errors as the next step', () => {
    const finding = serverError(
      server({ code: 'IU010', hint: 'open the gate', detail: '{}' }),
      file,
      file.statements[0],
    );
    expect(finding).toMatchObject({ next: 'open the gate', detail: '2 | select 1;\n  | ^\nDETAIL: {}' });
  });

  it.each([new Error('x'), Object.assign(new Error('x'), { code: 'EPIPE' }), 'x', null])(
    'is null for %s',
    (error) => {
      expect(serverError(error, file)).toBeNull();
    },
  );
});

describe('created objects', () => {
  it.each([
    ['create schema s', ['schema - s']],
    ['create schema authorization joe', ['schema - joe']],
    [
      'create schema s create table t (a int) create view v as select 1',
      ['schema - s', 'table s t', 'view s v'],
    ],
    ['create table if not exists s.t (a serial)', ['table s t']],
    ['create temp table t (a int)', []],
    ['create table pg_temp.t (a int)', []],
    ['create table "S;".t as select 1', ['table S; t']],
    ['select 1 as a into s.t', ['table s t']],
    ['create foreign table t (a int) server x', ['foreign table - t']],
    ['create or replace view s.v as select 1', ['view s v replace']],
    ['create materialized view m as select 1', ['materialized view - m']],
    ['create sequence s.q', ['sequence s q']],
    ['create index i on s.t (a)', ['index s i']],
    ['create index on t (a)', []],
    ['create or replace function s.f() returns int language sql as $$select 1$$', ['function s f replace']],
    ['create procedure p() language sql as $$select 1$$', ['procedure - p']],
    ['create aggregate s.a (int) (sfunc = f, stype = int)', ['aggregate s a']],
    ['create type s.t as (a int)', ['type s t']],
    ["create type s.t as enum ('a')", ['type s t']],
    ['create type t as range (subtype = int)', ['type - t']],
    ['create type t', ['type - t']],
    ['create domain s.d as int', ['domain s d']],
    ['create role r', []],
    ['drop table t', []],
  ])('%s', (text, expected) => {
    const objects = createdObjects(sql(`select 1;\n${text}`));
    expect(
      objects.map((one) => `${one.kind} ${one.schema ?? '-'} ${one.name}${one.replace ? ' replace' : ''}`),
    ).toEqual(expected);
    for (const one of objects) expect(one.line).toBe(2);
  });

  it('names the indexes that are made concurrently', () => {
    const file = sql('create index i on t (a);\ncreate unique index concurrently if not exists j on s.t (a)');
    expect(createdConcurrently(file)).toEqual([{ schema: 's', name: 'j', table: 't', line: 2 }]);
  });
});
