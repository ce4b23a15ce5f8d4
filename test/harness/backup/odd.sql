-- A small schema with one of everything that dumps have lost at some time.
create type public.stage as enum ('draft', 'enacted');
create domain public.article_number as text check (value ~ '^[0-9]+[a-z]?$');
create schema "Văn bản";
comment on schema "Văn bản" is 'Văn bản quy phạm pháp luật';
create table public.article (
  id     bigint generated always as identity (start 40 increment 7) primary key,
  number public.article_number not null unique,
  body   text not null,
  stage  public.stage not null default 'draft',
  length integer generated always as (length(body)) stored,
  weight numeric(6, 3)
);
comment on table public.article is 'Điều, khoản, điểm';
comment on column public.article.body is E'Text with a '' quote, a \\ and a\nline';
alter table public.article drop column weight;
alter table public.article add column note text collate "C";
insert into public.article (number, body, stage, note) values
  ('1', 'Nước Cộng hòa xã hội chủ nghĩa Việt Nam là một nước độc lập', 'enacted', null),
  ('2a', E'tab\there, backslash \\N and \\. on a line:\n\\.\nend', 'draft', ''),
  ('3', 'Nhân quyền', 'draft', 'NULL');
create table public.event (at date not null, what jsonb) partition by range (at);
create table public.event_2025 partition of public.event for values from ('2025-01-01') to ('2026-01-01');
create table public.event_rest partition of public.event default;
insert into public.event values ('2025-06-01', '{"b": 1, "a": [null, 1.50]}'), ('2031-01-01', null);
create unlogged table "Văn bản"."Bản nháp" ("Số" integer, x double precision[], b bytea);
insert into "Văn bản"."Bản nháp" values (1, '{0.1,NaN,-Infinity}', '\x0001ff');
create view public.enacted with (security_barrier) as select number, body from public.article where stage = 'enacted';
create materialized view public.counts as select stage, count(*) from public.article group by stage;
create function public.fn_touch() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$begin new.note := coalesce(new.note, ''); return new; end$$;
revoke execute on function public.fn_touch() from public;
create trigger touch before update on public.article for each row execute function public.fn_touch();
alter table public.article disable trigger touch;
alter table public.article enable row level security;
create policy readers_see_enacted on public.article for select to :reader using (stage = 'enacted');
grant select (number, body) on public.article to :reader with grant option;
grant insert on public.event to :editor;
alter table public.event owner to :owner;
alter default privileges for role :owner in schema public grant select on tables to :reader;
alter role :reader in database :database set search_path = public, pg_temp;
create sequence public.motion increment by -3 cycle minvalue -100;
select nextval('public.motion'), nextval('public.motion');
select lo_from_bytea(4711, decode(repeat('c3a9', 5000), 'hex'));
comment on large object 4711 is 'bản quét';
grant select on large object 4711 to :reader;
create statistics public.article_numbers (dependencies) on number, stage from public.article;
create extension pgcrypto;
