-- A schema of %tables% tables as governed ones look: keys, checks, indexes, comments, grants, a
-- function and a trigger each, and a view for every tenth.
create schema bench;
create table bench.t0 (id   bigint generated always as identity primary key,
                       code text);
do $$
begin
  for i in 1 .. %tables% loop
    execute format('
      create table bench.t%1$s (id       bigint      generated always as identity,
                                parent   bigint      references bench.t%2$s,
                                code     text        not null,
                                body     text        not null default '''',
                                amount   numeric(12, 2),
                                tags     text[],
                                made_at  timestamptz not null default now(),
                                extra    jsonb,
                                constraint t%1$s_pkey       primary key (id),
                                constraint t%1$s_code_key   unique (code),
                                constraint t%1$s_amount_chk check (amount >= 0));
      create index t%1$s_parent_idx on bench.t%1$s (parent) where parent is not null;
      comment on table bench.t%1$s is ''Table %1$s'';
      comment on column bench.t%1$s.code is ''Its code'';
      comment on column bench.t%1$s.body is ''Its text'';
      grant select on bench.t%1$s to pg_read_all_data;
      create function bench.f%1$s() returns trigger
        language plpgsql security definer set search_path = pg_catalog, pg_temp
        as ''begin return null; end'';
      revoke all on function bench.f%1$s() from public;
      create trigger guard before insert or update on bench.t%1$s
        for each statement execute function bench.f%1$s();
    ', i, i - 1);
    if i % 10 = 0 then
      execute format('create view bench.v%1$s as
        select t.id, t.code, p.code as parent
          from bench.t%1$s t left join bench.t%2$s p on p.id = t.parent',
        i, i - 1);
    end if;
    -- locks of created tables are held until the commit
    if i % 200 = 0 then commit; end if;
  end loop;
end $$;
