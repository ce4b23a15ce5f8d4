/** What every pair below stands on: a little law with rows, and one of each thing that a rollback forgets. */
export const BASE = `
create type public.mood as enum ('calm', 'angry');
create table public.law (
  id    integer primary key,
  title text not null default 'untitled',
  mood  public.mood not null default 'calm'
);
insert into public.law values (1, 'Grundgesetz', 'calm'), (2, 'Bürgerliches Gesetzbuch', 'angry');
comment on table public.law is 'Laws.';
create table public.plain (a integer, b integer, c integer);
create view public.v_law as select id, title from public.law;
create function public.fn_motto() returns text language sql return 'Einigkeit';
revoke execute on function public.fn_motto() from public;
grant execute on function public.fn_motto() to pg_monitor;
create function public.fn_guard() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger guard before update on public.law for each row execute function public.fn_guard();
create policy readers on public.law for select using (id > 0);
create table public.entry (made_on date not null, body text) partition by range (made_on);
create table public.entry_2025 (made_on date not null, body text);
insert into public.entry_2025 values ('2025-05-23', 'Verkündet.');
`;

export interface Planted {
  name: string;
  up: string;
  down: string;
  seed?: string;
  /** Of the last run. */
  verdict: string;
  /** Every finding, as `code object` or `code object field`; empty for a pair that is good. */
  found: string[];
}

const NOTHING = 'select 1;';

export const FAULTY: Planted[] = [
  {
    name: 'a grant',
    up: 'grant select on public.law to pg_monitor;',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back table public.law privileges'],
  },
  {
    name: 'an owner',
    up: 'alter table public.plain owner to pg_monitor;',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back table public.plain owner'],
  },
  {
    name: 'a comment',
    up: `comment on table public.law is 'All laws.';`,
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back table public.law comment'],
  },
  {
    name: 'a function body',
    up: `create or replace function public.fn_motto() returns text language sql return 'Recht';`,
    down: `create or replace function public.fn_motto() returns text language sql return 'Freiheit';`,
    verdict: 'not-equal',
    found: ['not_rolled_back function public.fn_motto() body'],
  },
  {
    name: 'a default privilege',
    up: 'alter default privileges grant select on tables to pg_monitor;',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back default privileges for role postgres on tables exists'],
  },
  {
    name: 'a policy',
    up: 'drop policy readers on public.law;',
    down: 'create policy readers on public.law for select using (id > 1);',
    verdict: 'not-equal',
    found: ['not_rolled_back policy readers on public.law using'],
  },
  {
    name: 'the state of a trigger',
    up: 'alter table public.law disable trigger guard;',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back trigger guard on public.law enabled'],
  },
  {
    name: 'an enum label',
    up: `alter type public.mood add value if not exists 'glad';`,
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back type public.mood labels'],
  },
  {
    name: 'a column default',
    up: `alter table public.law alter column title set default 'no title';`,
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back column public.law.title default'],
  },
  {
    name: 'an index',
    up: 'create index if not exists law_title_ix on public.law (title);',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['not_rolled_back index public.law_title_ix exists'],
  },
  {
    name: 'a row that only the seeded run has',
    up: 'create table public.note (body text);',
    down: 'drop table public.note; delete from public.law where id = 3;',
    seed: `insert into public.law values (3, 'Handelsgesetzbuch');`,
    verdict: 'not-equal',
    found: ['rows_not_given_back public.law'],
  },
  {
    name: 'a row that the up deletes',
    up: 'delete from public.law where id = 2;',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['rows_not_given_back public.law'],
  },
  {
    name: 'rows that the up rewrites',
    up: 'update public.law set title = upper(title);',
    down: NOTHING,
    verdict: 'not-equal',
    found: ['rows_not_given_back public.law'],
  },
  {
    name: 'rows that the rollback rewrites',
    up: 'create table public.note (body text);',
    down: 'drop table public.note; update public.law set title = trim(title);',
    seed: `insert into public.law values (3, ' Handelsgesetzbuch ');`,
    verdict: 'not-equal',
    found: ['rows_not_given_back public.law'],
  },
  {
    name: 'rows in the table that a rename and a rebuild pass through',
    up: 'alter table public.law rename to statute;',
    down: `drop view public.v_law; alter table public.statute rename to law;
           truncate public.law; create view public.v_law as select id, title from public.law;`,
    verdict: 'not-equal',
    found: ['rows_not_given_back public.law', 'rows_not_given_back public.statute'],
  },
  {
    name: 'the grants of a function that is dropped and made again',
    up: `create or replace function public.fn_motto() returns text language sql return 'Recht';`,
    down: `drop function public.fn_motto();
           create function public.fn_motto() returns text language sql return 'Einigkeit';`,
    verdict: 'not-equal',
    found: ['not_rolled_back function public.fn_motto() privileges'],
  },
  {
    name: 'the order of columns',
    up: 'alter table public.plain drop column b;',
    down: 'alter table public.plain add column b integer;',
    verdict: 'equal-but-reordered',
    found: ['column_order public.plain'],
  },
  {
    name: 'a table nobody created, dropped without an error, under an empty up',
    up: NOTHING,
    down: 'drop table if exists public.plain;',
    verdict: 'not-equal',
    found: [
      'empty_up',
      ...['a', 'b', 'c'].map((name) => `not_rolled_back column public.plain.${name} exists`),
      'not_rolled_back table public.plain exists',
    ],
  },
  { name: 'nothing at all, both ways', up: NOTHING, down: NOTHING, verdict: 'empty', found: ['empty_up'] },
  {
    name: 'its own table, so that the second up fails',
    up: 'create table public.note (body text);',
    down: `comment on table public.note is 'gone';`,
    verdict: 'not-reapplied',
    found: [
      'not_reapplied',
      'not_rolled_back column public.note.body exists',
      'not_rolled_back table public.note exists',
    ],
  },
  {
    name: 'to work a second time',
    up: `create table public.note (body text); comment on table public.law is 'Laws and notes.';`,
    down: `drop table public.note; alter view public.v_law rename to v_statute;
           comment on table public.law is 'Laws.';`,
    verdict: 'not-inverted',
    found: [
      'not_rolled_back column public.v_law.id exists',
      'not_rolled_back column public.v_law.title exists',
      'not_rolled_back column public.v_statute.id exists',
      'not_rolled_back column public.v_statute.title exists',
      'not_rolled_back view public.v_law exists',
      'not_rolled_back view public.v_statute exists',
      'rollback_failed',
    ],
  },
  {
    name: 'that what it says it destroys is still there',
    up: 'create table public.note (body text);',
    down: '--! Destroys: every row of public.law\n\ndrop table public.note;',
    verdict: 'equal',
    found: ['stale_destroys public.law'],
  },
  {
    name: 'that no column moves',
    up: 'create table public.note (body text);',
    down: '--! Accepts: column-order public.plain\n\ndrop table public.note;',
    verdict: 'equal',
    found: ['stale_accepts public.plain'],
  },
];

export const GOOD: Planted[] = [
  {
    name: 'a column with a default',
    up: `alter table public.law add column weight integer not null default 7, add column at timestamptz default clock_timestamp();`,
    down: 'alter table public.law drop column weight, drop column at;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a table with rows of its own, keyed by random numbers',
    up: `create table public.note (id uuid primary key default gen_random_uuid(), n bigint generated always as identity);
         insert into public.note default values;`,
    down: 'drop table public.note;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a table renamed, and a column of it',
    up: 'alter table public.law rename to statute; alter table public.statute rename column title to name;',
    down: 'alter table public.statute rename column name to title; alter table public.statute rename to law;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'an enum label, taken back by rebuilding the type',
    up: `alter type public.mood add value 'glad';`,
    down: `alter table public.law alter column mood drop default;
           alter type public.mood rename to mood_old;
           create type public.mood as enum ('calm', 'angry');
           alter table public.law alter column mood type public.mood using mood::text::public.mood;
           alter table public.law alter column mood set default 'calm';
           drop type public.mood_old;`,
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a policy',
    up: 'create policy writers on public.law for update using (id > 0); alter table public.law enable row level security;',
    down: 'alter table public.law disable row level security; drop policy writers on public.law;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a view, replaced',
    up: 'create or replace view public.v_law as select id, title, mood from public.law;',
    down: 'drop view public.v_law; create view public.v_law as select id, title from public.law;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'an index, without a transaction',
    up: `--! NoTransaction\n--! PostCheck: select indisvalid from pg_index where indexrelid = to_regclass('public.law_title_ix')\n
create index concurrently law_title_ix on public.law (title);`,
    down: 'drop index public.law_title_ix;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a partition, attached and detached',
    up: `alter table public.entry attach partition public.entry_2025 for values from ('2025-01-01') to ('2026-01-01');`,
    down: 'alter table public.entry detach partition public.entry_2025;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'rows rewritten, with the exact inverse',
    up: `update public.law set title = title || '!' where id > 2;`,
    down: `update public.law set title = rtrim(title, '!') where id > 2;`,
    seed: `insert into public.law values (3, 'Handelsgesetzbuch');`,
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a grant and a revoke',
    up: 'grant select on public.law to pg_monitor; revoke execute on function public.fn_motto() from pg_monitor;',
    down: 'revoke select on public.law from pg_monitor; grant execute on function public.fn_motto() to pg_monitor;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'a function replaced, each file with a transaction of its own',
    up: `begin; create or replace function public.fn_motto() returns text language sql return 'Recht'; commit;`,
    down: `begin; create or replace function public.fn_motto() returns text language sql return 'Einigkeit'; commit;`,
    verdict: 'equal',
    found: [],
  },
  {
    name: 'default privileges',
    up: 'alter default privileges in schema public grant select on tables to pg_monitor;',
    down: 'alter default privileges in schema public revoke select on tables from pg_monitor;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'an order of columns that is accepted',
    up: 'alter table public.plain drop column b;',
    down: '--! Accepts: column-order public.plain\n\nalter table public.plain add column b integer;',
    verdict: 'equal',
    found: [],
  },
  {
    name: 'rows lost as declared',
    up: 'create table public.note (body text);',
    down: '--! Destroys: the laws of Destroyed Rows, in public.law\n\ndrop table public.note; delete from public.law where id > 2;',
    seed: `insert into public.law values (3, 'Handelsgesetzbuch');`,
    verdict: 'equal-with-declared-loss',
    found: [],
  },
  {
    name: 'the values of a column, declared lost',
    up: 'alter table public.law add column note text;',
    down: '--! Destroys: the values of public.law.note\n\nalter table public.law drop column note;',
    verdict: 'equal',
    found: [],
  },
];
