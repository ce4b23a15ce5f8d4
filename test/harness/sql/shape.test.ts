import { describe, expect, it } from 'vitest';
import { checkShape, type FileKind, loadParser } from '../../../scripts/sql/index.ts';
import { places, sql } from './support.ts';

await loadParser();
const shape = (kind: FileKind, text: string) => places(checkShape(sql(text), kind));

describe('a runtime file', () => {
  it.each([
    'begin; select 1; commit;',
    '-- a\nstart transaction isolation level serializable;\nsavepoint a; rollback to a; release a;\nend',
    'begin; set transaction read only; do $$begin end$$; call p(); commit;',
    '--! Requires: SG_1\n--! Verify: runtime/009_v.sql\n--! Destroys: rows\nbegin; commit;',
  ])('may be %j', (text) => expect(shape('runtime', text)).toEqual([]));

  it.each([
    ['select 1;\ncommit;', ['missing_begin@1:1']],
    ['begin;\nselect 1;', ['missing_commit@2:1']],
    ['select 1;\nbegin; commit;', ['outside_transaction@1:1']],
    ['begin; commit;\n  select 1;', ['outside_transaction@2:3']],
    ['begin;\ncommit;\nbegin;\ncommit;', ['transaction_control@2:1', 'transaction_control@3:1']],
    ['begin;\nrollback;', ['transaction_control@2:1', 'missing_commit@2:1']],
    ["begin;\nprepare transaction 'x';\ncommit;", ['transaction_control@2:1']],
    ['begin;\ncommit and chain;', ['transaction_chain@2:1']],
    ['begin;\nvacuum;\ncommit;', ['not_in_transaction@2:1']],
    ['--! Residue: sequence a.b\nbegin; commit;', ['header_not_here@1:1']],
    ['--! no-transaction\nbegin; commit;', ['no_transaction_marker@1:1']],
  ])('may not be %j', (text, expected) => expect(shape('runtime', text)).toEqual(expected));
});

describe('a probe', () => {
  it.each([
    '--! Residue: sequence public.x\nbegin;\nsavepoint a;\nrollback to savepoint a;\nrelease a;\nrollback;',
    'begin read only; select 1; abort',
  ])('may be %j', (text) => expect(shape('probe', text)).toEqual([]));

  it.each([
    ['begin;\ncommit;', ['transaction_control@2:1', 'missing_rollback@2:1']],
    ['begin;\nrollback;\nrollback;', ['transaction_control@2:1']],
    [
      'begin;\n-- é\n/* 日 */ commit;\nbegin;\nrollback;',
      ['transaction_control@3:9', 'transaction_control@4:1'],
    ],
    ['begin;\nrollback and chain;', ['transaction_chain@2:1']],
    ["rollback prepared 'x';\nbegin;\nrollback;", ['outside_transaction@1:1', 'transaction_control@1:1']],
  ])('may not be %j', (text, expected) => expect(shape('probe', text)).toEqual(expected));
});

describe('a migration and its rollback', () => {
  const CONTROL =
    "begin;\nstart transaction;\ncommit;\nend;\nrollback;\nabort;\nsavepoint a;\nrollback to a;\nrelease a;\nprepare transaction 'x';\ncommit prepared 'x';\nrollback prepared 'x';";
  it.each(['migration', 'rollback'] as const)('%s: every transaction control is named', (kind) => {
    expect(shape(kind, CONTROL)).toEqual(
      Array.from({ length: 12 }, (_, index) => `transaction_control@${index + 1}:1`),
    );
  });

  it.each([
    ['create index concurrently i on t (a)', 'CREATE INDEX CONCURRENTLY'],
    ['drop index concurrently i', 'DROP INDEX CONCURRENTLY'],
    ['reindex table concurrently t', 'REINDEX CONCURRENTLY'],
    ['reindex (concurrently) index i', 'REINDEX CONCURRENTLY'],
    ['reindex schema s', 'REINDEX SCHEMA'],
    ['vacuum analyze t', 'VACUUM'],
    ['create database d', 'CREATE DATABASE'],
    ['drop database d', 'DROP DATABASE'],
    ["alter system set work_mem = '4MB'", 'ALTER SYSTEM'],
    ["create tablespace s location '/x'", 'CREATE TABLESPACE'],
    ['drop tablespace s', 'DROP TABLESPACE'],
    ['alter database d set tablespace s', 'ALTER DATABASE … SET TABLESPACE'],
    ['alter table t detach partition p concurrently', 'DETACH PARTITION CONCURRENTLY'],
    ["create subscription s connection '' publication p", 'CREATE SUBSCRIPTION with a slot'],
    ['cluster', 'CLUSTER without a table'],
    ['discard all', 'DISCARD ALL'],
  ])('%s needs NoTransaction', (text, name) => {
    const [finding, ...others] = checkShape(sql(`select 1;\n  ${text};`), 'migration');
    expect(others).toEqual([]);
    expect(places([finding!])).toEqual(['not_in_transaction@2:3']);
    expect(finding!.message).toContain(`${name} cannot run in a transaction block`);
    expect(finding!.next).toContain('PostCheck');
    expect(shape('migration', `--! NoTransaction\n\n--! no-transaction\n${text};`)).toEqual([]);
    expect(shape('rollback', `--! NoTransaction\n${text};\nselect 1;`)).toEqual([]);
  });

  it.each([
    'create index i on t (a)',
    'reindex (concurrently 0) table t',
    'reindex (concurrently off) table t',
    'analyze t',
    'cluster t',
    'discard temp',
    "alter type t add value 'x'",
    'alter table t detach partition p',
    "create subscription s connection '' publication p with (connect = false)",
    'drop table t',
  ])('%s does not', (text) => expect(shape('migration', text)).toEqual([]));

  it.each([
    ['--! NoTransaction\n\nvacuum', ['no_transaction_marker@3:1']],
    ['--! NoTransaction\n\n-- x\n--! no-transaction\nvacuum', ['no_transaction_marker@3:1']],
    ['--! Title: x\n\n--! no-transaction\nselect 1', ['no_transaction_marker@3:1']],
    ['--! NoTransaction\n\n--! no-transaction\nvacuum;\nvacuum', ['no_transaction_many@5:1']],
    ['--! NoTransaction\n\n--! no-transaction\ncommit', ['transaction_control@4:1']],
    ['--! Title: x\nselect 1', ['header_gap@2:1']],
    ['--! Title: x\r\n\r\nselect 1', ['crlf_in_migration@1:13']],
    ['--! Title: x\n\r\nselect 1', ['crlf_in_migration@2:1']],
    ['--! Destroys: x\n\nselect 1', ['header_not_here@1:1']],
  ])('migration %j', (text, expected) => expect(shape('migration', text)).toEqual(expected));

  it('a rollback reads the header, not the marker', () => {
    expect(shape('rollback', '--! NoTransaction\n--! no-transaction\nvacuum')).toEqual([
      'no_transaction_marker@2:1',
    ]);
    expect(shape('rollback', '--! Accepts: column-order a.b\n--! Destroys: x\nselect 1')).toEqual([]);
  });
});
