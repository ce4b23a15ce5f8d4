import { describe, expect, it } from 'vitest';
import { iu, makeProject, servers } from '../support/index.ts';

const admin = (body: string) => `set local role workflow_admin;\n${body}\nreset role;`;
const script = (body: string, headers = '') => `${headers}begin;\n${body}\ncommit;\n`;

/** A schema that declares its tables: a state with a stamp, a ledger, a partitioned table. */
const CLASSES = {
  name: 'classes',
  up: admin(`create schema iu_core;
create table iu_core.governed_table (
  table_name text primary key, class text not null, stamp_columns text[] not null default '{}');
create table public.setting (key text primary key, value text, updated_at timestamptz);
create table public.log (id integer, what text);
create table public.event (id integer not null, at date not null) partition by range (at);
create table public.event_2024 partition of public.event for values from ('2024-01-01') to ('2025-01-01');
insert into public.event values (1, '2024-05-08');
insert into public.setting values ('b', 'old', '2025-01-01');
insert into iu_core.governed_table values
  ('iu_core.governed_table', 'state',  '{}'),
  ('public.setting',         'state',  '{updated_at}'),
  ('public.log',             'ledger', '{}'),
  ('public.event',           'ledger', '{}'),
  ('public.event_2024',      'runtime-object', '{}');`),
  down: admin('drop table public.event, public.log, public.setting; drop schema iu_core cascade;'),
};

const log = (id: number) =>
  `insert into public.log select ${id}, 'done' where not exists (select from public.log where id = ${id});`;
const partition = (year: number, rest = '') =>
  `create table if not exists public.event_${year} partition of public.event ${rest}
     for values from ('${year}-01-01') to ('${year + 1}-01-01');
   insert into iu_core.governed_table values ('public.event_${year}', 'runtime-object') on conflict do nothing;`;
const undeclare = (year: number) =>
  `delete from iu_core.governed_table where table_name = 'public.event_${year}';`;

const PROJECT = () =>
  makeProject([CLASSES], {
    'rollback/000001-classes.sql': `--! Destroys: all rows of setting, log, event and governed_table\n\n${CLASSES.down}`,
    'runtime/001_good.sql': script(
      `insert into public.setting values ('a', '1', now()) on conflict do nothing; ${log(1)}`,
    ),
    'rollback/001_good.sql': script(
      `delete from public.setting where key = 'a'; insert into public.log values (10, 'withdrawn');`,
    ),
    'runtime/002_stamp.sql': script(
      `update public.setting set value = 'new', updated_at = clock_timestamp() where key = 'b' and value <> 'new';`,
    ),
    'rollback/002_stamp.sql': script(
      `update public.setting set value = 'old', updated_at = clock_timestamp() where key = 'b';`,
    ),
    'runtime/003_rewrite.sql': script(`update public.log set what = 'Done' where id = 1 and what = 'done';`),
    'rollback/003_rewrite.sql': script('select 1;'),
    'runtime/004_partition.sql': script(`set local role workflow_admin; ${partition(2025)} reset role;`),
    // it stays, and so does the row that declares it
    'rollback/004_partition.sql': script('select 1;'),
    'runtime/005_odd_partition.sql': script(partition(2026, '(id default 7)')),
    'rollback/005_odd_partition.sql': script(`drop table public.event_2026; ${undeclare(2026)}`),
    'runtime/006_unsaid.sql': script(log(6)),
    'rollback/006_unsaid.sql': script('delete from public.log where id = 6;'),
    'runtime/007_said.sql': script(log(7)),
    'rollback/007_said.sql': script('delete from public.log where id = 7;', '--! Destroys: a row of log\n\n'),
    'runtime/008_again.sql': script(`insert into public.log values (8, 'again');`),
    'rollback/008_again.sql': script('select 1;'),
    'runtime/009_state.sql': script(
      `insert into public.setting values ('c', '1', null) on conflict do nothing;`,
    ),
    // what is in a partition is the ledger's
    'runtime/010_event.sql': script(
      `insert into public.event select 2, '2024-05-09' where not exists (select from public.event where id = 2);`,
    ),
    'rollback/010_event.sql': script('delete from public.event_2024 where id = 1;'),
    'rollback/009_state.sql': script(`update public.setting set value = '0' where key = 'c';`),
  });

describe.each(servers)('runtime scripts judged by the class of a table on $name', (server) => {
  it('accuses exactly what each class forbids', async () => {
    const { report } = await iu(['prove', '--target', server.target, '--receipt', 'out'], PROJECT());
    expect(report.findings.map(({ code, file, object }) => [code, file, object])).toEqual([
      ['ledger_rewritten', 'runtime/003_rewrite.sql', 'public.log'],
      ['runtime_object_shape', 'runtime/005_odd_partition.sql', 'public.event_2026'],
      ['runtime_object_shape', 'runtime/005_odd_partition.sql', 'public.event_2026'],
      ['not_idempotent', 'runtime/008_again.sql', 'public.log'],
      ['ledger_rewritten', 'rollback/010_event.sql', 'public.event'],
      ['not_reverted', 'rollback/009_state.sql', 'public.setting'],
      ['ledger_rewritten', 'rollback/006_unsaid.sql', 'public.log'],
    ]);
    const of = (stage: string, name: string) =>
      report.items.find((item) => item.stage === stage && item.name === name);
    expect(of('runtime', '001_good')).toMatchObject({
      verdict: 'idempotent',
      ledgers: [{ table: 'public.log', earlier: 0, added: 1, rows: [expect.stringContaining('"done"')] }],
    });
    expect(of('reverts', '001_good')).toMatchObject({
      verdict: 'reverted',
      ledgers: [{ table: 'public.log', added: 1, rows: [expect.stringContaining('"withdrawn"')] }],
    });
  });
});
