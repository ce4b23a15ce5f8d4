--! Previous: sha1:c1da7f7714ab537eaccc53d2a69dca6193e92afa
--! Hash: sha1:2a881146637d3d9412b49fddbb84158fcd1e2046
--! Message: working tree
--! Title: The working tree: saving, moving, deleting and restoring units, reading them in order

--! split: 1-current.sql
set local role workflow_admin;

create table public.iu_working_tree_log (
  id              uuid             not null,
  operation_id    uuid             not null,
  unit_id         uuid             not null,
  change          text             not null,
  from_parent_ref uuid,
  from_sort_key   text collate "C" not null,
  to_parent_ref   uuid,
  to_sort_key     text collate "C" not null,
  actor           text             not null,
  login           text             not null,
  reason          text             not null,
  changed_at      timestamptz      not null,
  constraint iu_working_tree_log_pk primary key (id),
  constraint iu_working_tree_log_change_ck
    check (change in ('moved', 'soft_deleted', 'restored', 'rebalanced')),
  constraint iu_working_tree_log_unit_fk
    foreign key (unit_id) references public.information_unit (id)
);

create index iu_working_tree_log_unit_ix on public.iu_working_tree_log (unit_id, changed_at);

comment on table  public.iu_working_tree_log                 is
  'Every change of a unit''s place, and its deletions and restorations. Insert-only.';
comment on column public.iu_working_tree_log.id              is 'iu_core.uuid_v7().';
comment on column public.iu_working_tree_log.operation_id    is
  'One per call: the rows written together, and the correlation_id of their events.';
comment on column public.iu_working_tree_log.unit_id         is 'The unit.';
comment on column public.iu_working_tree_log.change          is
  'moved, soft_deleted, restored, or rebalanced: a new sort key at the same place.';
comment on column public.iu_working_tree_log.from_parent_ref is
  'The unit it stood under; null at the top.';
comment on column public.iu_working_tree_log.from_sort_key   is 'Its sort key before.';
comment on column public.iu_working_tree_log.to_parent_ref   is
  'The unit it stands under since; null at the top.';
comment on column public.iu_working_tree_log.to_sort_key     is 'Its sort key since.';
comment on column public.iu_working_tree_log.actor           is 'Who, as stated by the caller.';
comment on column public.iu_working_tree_log.login           is
  'session_user, as seen by the server.';
comment on column public.iu_working_tree_log.reason          is 'Why, as stated by the caller.';
comment on column public.iu_working_tree_log.changed_at      is 'clock_timestamp().';

grant select on public.iu_working_tree_log to context_pack_readonly;

create type iu_core.unit_place as (
  id         uuid,
  parent_ref uuid,
  sort_key   text collate "C"
);

comment on type iu_core.unit_place is 'Where a unit is to stand: under which unit, at which key.';

-- ------------------------------------------------------------------------------------------------
-- Text
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_iu_save.sql
create or replace function public.fn_iu_save(
  p_address         text,
  p_title           text,
  p_body            text,
  p_actor           text,
  p_base_version_id uuid default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now     timestamptz;
  v_unit    public.information_unit;
  v_current public.unit_version;
  v_hash    text := iu_core.content_hash(p_body);
  v_id      uuid := iu_core.uuid_v7();
  v_seq     integer;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_address', p_address, 'p_actor', p_actor));
  if p_title is null or p_body is null then
    perform iu_core.raise_error(
      'IU004', 'title and body may be empty, but not null',
      jsonb_build_object('address', p_address));
  end if;

  v_unit := iu_core.lock_unit(p_address);
  if v_unit.lifecycle_status not in ('draft', 'enacted') then
    perform iu_core.raise_transition_error(
      v_unit.canonical_address, v_unit.lifecycle_status, 'draft');
  end if;

  select v.* into v_current
    from public.unit_version v
   where v.id = coalesce(v_unit.draft_version_ref, v_unit.enacted_version_ref);
  if p_base_version_id <> v_current.id then
    perform iu_core.raise_error(
      'IU024',
      format('%s has moved on to version %s since', v_unit.canonical_address,
             v_current.version_seq),
      jsonb_build_object('address', v_unit.canonical_address, 'base_version_id', p_base_version_id,
                         'current_version_id', v_current.id, 'created_by', v_current.created_by));
  end if;
  if (v_current.title, v_current.content_hash) = (p_title, v_hash) then
    return jsonb_build_object(
      'status', 'unchanged', 'unit_id', v_unit.id, 'version_id', v_current.id,
      'version_seq', v_current.version_seq);
  end if;

  v_now := clock_timestamp();
  insert into public.unit_version
         (id, unit_id, version_seq, title, body, content_hash, created_at, created_by)
  select v_id, v_unit.id, max(v.version_seq) + 1, p_title, p_body, v_hash, v_now, p_actor
    from public.unit_version v
   where v.unit_id = v_unit.id
  returning version_seq into v_seq;
  update public.information_unit u
     set draft_version_ref = v_id, updated_at = v_now, updated_by = p_actor
   where u.id = v_unit.id;

  perform iu_core.emit_events(
    array[iu_core.fact('piece', 'updated', 'public.information_unit', v_unit.id::text,
                       v_unit.canonical_address,
                       jsonb_build_object('version_id', v_id, 'version_seq', v_seq,
                                          'content_hash', v_hash),
                       'piece.updated:' || v_id)],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object(
    'status', 'saved', 'unit_id', v_unit.id, 'version_id', v_id, 'version_seq', v_seq);
end
$$;

comment on function public.fn_iu_save(text, text, text, text, uuid) is
  'Writes the next draft version of a unit; of an enacted unit too, whose text in force stays '
  'until the draft is enacted. p_base_version_id, where given, is the version the editor began '
  'from: when somebody saved meanwhile, the call is refused with IU024 and nothing is lost. '
  'Returns {status: saved | unchanged, unit_id, version_id, version_seq}; unchanged (the current '
  'text again) wrote nothing. Refuses with IU022 an address without a live unit, IU031 a '
  'superseded or retired one, IU004 bad arguments, IU003 another isolation. For iu_editor.';

revoke all     on function public.fn_iu_save(text, text, text, text, uuid) from public;
grant  execute on function public.fn_iu_save(text, text, text, text, uuid) to iu_editor;
--! EndIncluded functions/fn_iu_save.sql

-- ------------------------------------------------------------------------------------------------
-- Places
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/is_sort_key.sql
create or replace function iu_core.is_sort_key(p_key text)
returns boolean
language sql
immutable
strict
parallel safe
return p_key collate "C" ~ '^(a[0-9A-Za-z]|[b-k][1-9A-Za-z])[0-9A-Za-z]*$'
   and length(p_key) > ascii(p_key) - ascii('a') + 1
   and (length(p_key) = ascii(p_key) - ascii('a') + 2 or right(p_key, 1) <> '0')
   and left(p_key, 12) collate "C" < iu_core.sort_key_at(9223372036854775807);

comment on function iu_core.is_sort_key(text) is
  'True for a key as iu_core.sort_key_at and iu_core.sort_keys_between make them: a whole number '
  'below 2^63 - 1 in its only form (no leading zeros), then perhaps a fraction, which does not end '
  'in 0.';
--! EndIncluded functions/iu_core/is_sort_key.sql

--! Included functions/iu_core/sort_key_fraction.sql
create or replace function iu_core.sort_key_fraction(p_sort_key text)
returns text
language sql
immutable
strict
parallel safe
return substr(p_sort_key, ascii(p_sort_key) - ascii('a') + 3);

comment on function iu_core.sort_key_fraction(text) is
  'The fraction digits of a sort key (iu_core.sort_key_at); empty for a whole number.';
--! EndIncluded functions/iu_core/sort_key_fraction.sql

--! Included functions/iu_core/sort_key_plus.sql
create or replace function iu_core.sort_key_plus(p_sort_key text, p_digits integer, p_steps numeric)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  v_fraction text    := rpad(iu_core.sort_key_fraction(p_sort_key), p_digits, '0');
  v_at       integer := p_digits;
  v_carry    numeric := p_steps;
  v_tail     text    := '';
begin
  while v_at > 0 and v_carry > 0 loop
    v_carry := v_carry + strpos(v_alphabet, substr(v_fraction, v_at, 1)) - 1;
    v_tail  := substr(v_alphabet, mod(v_carry, 62)::integer + 1, 1) || v_tail;
    v_carry := div(v_carry, 62);
    v_at    := v_at - 1;
  end loop;
  return iu_core.sort_key_at((iu_core.sort_key_ordinal(p_sort_key) + v_carry)::bigint)
         || rtrim(left(v_fraction, v_at) || v_tail, '0');
end
$$;

comment on function iu_core.sort_key_plus(text, integer, numeric) is
  'The sort key so many steps after another whose fraction is cut, or filled with zeros, to '
  'p_digits; a step is one in the last of those. Zeros at its end are left out.';
--! EndIncluded functions/iu_core/sort_key_plus.sql

--! Included functions/iu_core/sort_key_room.sql
create or replace function iu_core.sort_key_room(
  p_after      text,
  p_before     text,
  p_count      integer,
  p_min_digits integer default 0
)
returns table (digits integer, width numeric)
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  v_low  text    := iu_core.sort_key_fraction(p_after);
  v_high text    := coalesce(iu_core.sort_key_fraction(p_before), '');
  v_gap  numeric := coalesce(iu_core.sort_key_ordinal(p_before), 9223372036854775807)
                    - iu_core.sort_key_ordinal(p_after);
begin
  digits := 0;
  loop
    -- Both keys are cut after so many digits. Where that took something from the upper one, what
    -- is left of it is a key of its own, below it.
    width := v_gap + case when length(v_high) > digits then 1 else 0 end;
    exit when width > p_count and digits >= p_min_digits;
    digits := digits + 1;
    -- A digit past the end is '', which strpos() finds where it finds the 0.
    v_gap  := v_gap * 62
              + strpos(v_alphabet, substr(v_high, digits, 1))
              - strpos(v_alphabet, substr(v_low,  digits, 1));
  end loop;
  return next;
end
$$;

comment on function iu_core.sort_key_room(text, text, integer, integer) is
  'The least number of fraction digits, from p_min_digits on, with which p_count keys have room '
  'between two others (p_before null: up to 2^63 - 1); and the width there: steps 1 to width - 1 '
  'from p_after, cut to those digits, stay below p_before.';
--! EndIncluded functions/iu_core/sort_key_room.sql

--! Included functions/iu_core/sort_key_beside.sql
create or replace function iu_core.sort_key_beside(p_after text, p_before text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_low    constant integer := length(iu_core.sort_key_fraction(p_after));
  v_high   constant integer := length(iu_core.sort_key_fraction(p_before));
  v_room   record;
  v_inward integer := 1;
  v_steps  numeric;
  v_key    text;
begin
  select r.* into v_room from iu_core.sort_key_room(p_after, p_before, 1) as r;
  if v_low = v_high then
    return iu_core.sort_key_plus(p_after, v_room.digits, div(v_room.width, 2));
  end if;

  if greatest(v_low, v_high) <> v_room.digits then
    select r.* into v_room
      from iu_core.sort_key_room(p_after, p_before, 1, v_room.digits + 1) as r;
  end if;
  v_steps := 1;
  if v_low < v_high then
    v_steps  := v_room.width - 1;
    v_inward := -1;
  end if;
  v_key := iu_core.sort_key_plus(p_after, v_room.digits, v_steps);
  -- A last digit 0 would go and leave a shorter key, beside which the next finds 61 steps fewer.
  if length(iu_core.sort_key_fraction(v_key)) < v_room.digits and v_room.width > 2 then
    v_key := iu_core.sort_key_plus(p_after, v_room.digits, v_steps + v_inward);
  end if;
  return v_key;
end
$$;

comment on function iu_core.sort_key_beside(text, text) is
  'One key between two. Halfway when their fractions are of one length. Otherwise the longer one '
  'was most likely made last, and the next insert will come to the same place: then the key is the '
  'next step beside it, and a step is so small that some 3,800 of them cost two more digits, where '
  'halving would cost one digit for every six.';
--! EndIncluded functions/iu_core/sort_key_beside.sql

--! Included functions/iu_core/sort_keys_between.sql
create or replace function iu_core.sort_keys_between(
  p_after  text,
  p_before text,
  p_count  integer
)
returns setof text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_after constant text := coalesce(p_after, 'a0');
  v_wrong text[] := array_remove(array[
    case when not iu_core.is_sort_key(p_after)                       then 'p_after'  end,
    case when not iu_core.is_sort_key(p_before)
           or v_after collate "C" >= p_before                        then 'p_before' end,
    case when p_count is null or p_count < 0                         then 'p_count'  end
  ], null);
  v_last  bigint;
  v_room  record;
begin
  if v_wrong <> '{}' then
    perform iu_core.raise_error(
      'IU004',
      'keys are sort keys, p_after sorts before p_before, nothing sorts before a0, p_count is 0 or '
      'more',
      jsonb_build_object('arguments', v_wrong));
  end if;

  if p_before is null then
    v_last := iu_core.sort_key_ordinal(v_after);
    if v_last < 9223372036854775807 - p_count then
      return query select iu_core.sort_key_at(v_last + n) from generate_series(1, p_count) as n;
      return;
    end if;
  elsif p_count = 1 then
    return next iu_core.sort_key_beside(v_after, p_before);
    return;
  end if;

  select r.* into v_room from iu_core.sort_key_room(v_after, p_before, p_count) as r;
  return query
    select iu_core.sort_key_plus(
             v_after, v_room.digits, div(n * v_room.width, p_count::numeric + 1))
      from generate_series(1, p_count) as n;
end
$$;

comment on function iu_core.sort_keys_between(text, text, integer) is
  'p_count new sort keys, ascending, all between two others: after p_after (null: at the front) '
  'and before p_before (null: at the end). At the end they are the next whole numbers, a1 first; '
  'anywhere else they are spread evenly over the shortest keys that have room for all, so their '
  'length grows with the logarithm of the count; one alone goes where iu_core.sort_key_beside '
  'puts it. a0 itself is never given: the fractions above it (a01, a0V …) are the room before the '
  'first key, without end. 10,000 inserts at the front or at any one place lengthen keys by 7 '
  'characters at most; inserts between the latest two, each time, by one for every two, and '
  'batches of n at one place by log62(n + 1) each: there a rebalance will be wanted. Refuses with '
  'IU004 (detail arguments) what is no sort key, p_after not before p_before, a negative count.';
--! EndIncluded functions/iu_core/sort_keys_between.sql

--! Included functions/iu_core/siblings_after.sql
create or replace function iu_core.siblings_after(
  p_doc_code   text,
  p_parent_ref uuid,
  p_after_key  text,
  p_limit      bigint
)
returns table (id uuid, sort_key text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two branches, as IS NOT DISTINCT FROM would not use the index of the siblings.
  if p_parent_ref is null then
    return query
      select u.id, u.sort_key
        from public.information_unit u
       where u.doc_code = p_doc_code and u.parent_or_container_ref is null
         and u.deleted_at is null and u.sort_key > coalesce(p_after_key, '')
       order by u.sort_key
       limit p_limit;
  else
    return query
      select u.id, u.sort_key
        from public.information_unit u
       where u.doc_code = p_doc_code and u.parent_or_container_ref = p_parent_ref
         and u.deleted_at is null and u.sort_key > coalesce(p_after_key, '')
       order by u.sort_key
       limit p_limit;
  end if;
end
$$;

comment on function iu_core.siblings_after(text, uuid, text, bigint) is
  'The live units under a parent (null: the top of the document) behind a sort key (null: all), in '
  'their order, p_limit at most (null: no limit).';
--! EndIncluded functions/iu_core/siblings_after.sql

--! Included functions/iu_core/has_sibling_at.sql
create or replace function iu_core.has_sibling_at(
  p_doc_code   text,
  p_parent_ref uuid,
  p_sort_key   text
)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- One EXISTS per case, as IS NOT DISTINCT FROM would not use the index of the siblings.
  select exists (
           select from public.information_unit u
            where u.doc_code = p_doc_code and u.parent_or_container_ref = p_parent_ref
              and u.sort_key = p_sort_key and u.deleted_at is null)
      or p_parent_ref is null and exists (
           select from public.information_unit u
            where u.doc_code = p_doc_code and u.parent_or_container_ref is null
              and u.sort_key = p_sort_key and u.deleted_at is null)
$$;

comment on function iu_core.has_sibling_at(text, uuid, text) is
  'True when a live unit under a parent (null: the top of the document) has this sort key.';
--! EndIncluded functions/iu_core/has_sibling_at.sql

--! Included functions/iu_core/write_places.sql
create or replace function iu_core.write_places(
  p_places       iu_core.unit_place[],
  p_change       text,
  p_operation_id uuid,
  p_actor        text,
  p_reason       text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into public.iu_working_tree_log
         (id, operation_id, unit_id, change, from_parent_ref, from_sort_key, to_parent_ref,
          to_sort_key, actor, login, reason, changed_at)
  select iu_core.uuid_v7(), p_operation_id, u.id, p_change, u.parent_or_container_ref, u.sort_key,
         p.parent_ref, p.sort_key, p_actor, session_user, p_reason, v_now
    from unnest(p_places) as p
    join public.information_unit u on u.id = p.id;

  update public.information_unit u
     set parent_or_container_ref = p.parent_ref,
         sort_key                = p.sort_key,
         deleted_at              = case p_change when 'soft_deleted' then v_now
                                                 when 'restored'     then null
                                                 else u.deleted_at
                                   end,
         updated_at              = v_now,
         updated_by              = p_actor
    from unnest(p_places) as p
   where u.id = p.id;

  -- New sort keys in the old order are no fact for others; the document says so once.
  if p_change <> 'rebalanced' then
    perform iu_core.emit_events(
      array(select iu_core.fact('piece', p_change, 'public.information_unit', u.id::text,
                                u.canonical_address,
                                jsonb_build_object('parent_unit_id', p.parent_ref),
                                format('piece.%s:%s:%s', p_change, p_operation_id, u.id))
              from unnest(p_places) as p
              join public.information_unit u on u.id = p.id
             order by p.sort_key),
      p_actor, p_operation_id);
  end if;
end
$$;

comment on function iu_core.write_places(iu_core.unit_place[], text, uuid, text, text) is
  'Writes places of units, what changed about each (moved, soft_deleted, restored, rebalanced) to '
  'iu_working_tree_log, and the facts. Two statements for any number of units, none of their '
  'subtrees'' rows. Checks nothing: its callers do.';
--! EndIncluded functions/iu_core/write_places.sql

--! Included functions/iu_core/rebalance_siblings.sql
create or replace function iu_core.rebalance_siblings(
  p_doc_code     text,
  p_parent_ref   uuid,
  p_operation_id uuid,
  p_actor        text,
  p_reason       text
)
returns integer
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_places iu_core.unit_place[];
begin
  -- Deleted ones too, so that a unit restored later stands where it stood. All new keys lie behind
  -- every key there is: none collides while the statement runs.
  with sibling as materialized (
    select s.id, s.sort_key from iu_core.siblings_after(p_doc_code, p_parent_ref, null, null) as s
    union all
    select u.id, u.sort_key
      from public.information_unit u
     where u.doc_code = p_doc_code
       and u.parent_or_container_ref is not distinct from p_parent_ref
       and u.deleted_at is not null
  ),
  last as (
    select max(iu_core.sort_key_ordinal(s.sort_key)) as ordinal from sibling s
  )
  select array_agg(
           row(n.id, p_parent_ref, iu_core.sort_key_at(l.ordinal + n.n))::iu_core.unit_place
           order by n.n)
    into v_places
    from (select s.id, row_number() over (order by s.sort_key collate "C", s.id) as n
            from sibling s) as n
   cross join last l;
  if v_places is null then
    return 0;
  end if;

  perform iu_core.write_places(v_places, 'rebalanced', p_operation_id, p_actor, p_reason);
  perform iu_core.emit_events(
    array[iu_core.fact('document', 'rebalanced', 'public.information_unit', p_parent_ref::text,
                       (select u.canonical_address
                          from public.information_unit u
                         where u.id = p_parent_ref),
                       jsonb_build_object('doc_code', p_doc_code, 'units', cardinality(v_places)),
                       'document.rebalanced:' || p_operation_id)],
    p_actor, p_operation_id);
  return cardinality(v_places);
end
$$;

comment on function iu_core.rebalance_siblings(text, uuid, uuid, text, text) is
  'Gives all units under a parent (null: the top) new short sort keys in their present order, and '
  'returns how many. The keys were never used under that parent. The document must be locked.';
--! EndIncluded functions/iu_core/rebalance_siblings.sql

--! Included functions/iu_core/place_units.sql
create or replace function iu_core.place_units(
  p_unit_ids   uuid[],
  p_doc_code   text,
  p_parent_ref uuid,
  p_after_key  text,
  p_actor      text,
  p_reason     text
)
returns integer
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_operation uuid    := iu_core.uuid_v7();
  v_count     integer := cardinality(p_unit_ids);
  v_next      iu_core.unit_place[];
  v_keys      text[];
begin
  v_next := array(
    select row(s.id, p_parent_ref, s.sort_key)::iu_core.unit_place
      from iu_core.siblings_after(p_doc_code, p_parent_ref, p_after_key, v_count) as s
     order by s.sort_key);
  if p_unit_ids = array(select n.id from unnest(v_next) with ordinality as n order by n.ordinality)
  then
    return 0;
  end if;

  -- Up to the next key there is, also where its unit is one that moves now: so no key is written
  -- that another row still has while the statement runs.
  v_keys := array(
    select k.key
      from iu_core.sort_keys_between(p_after_key, v_next[1].sort_key, v_count)
           with ordinality as k (key, n)
     order by k.n);
  perform iu_core.write_places(
    array(select row(m.id, p_parent_ref, v_keys[m.n])::iu_core.unit_place
            from unnest(p_unit_ids) with ordinality as m (id, n)),
    'moved', v_operation, p_actor, p_reason);

  -- Keys between the same two neighbours grow with every insert there.
  if length(v_keys[v_count]) > 64 then
    perform iu_core.rebalance_siblings(p_doc_code, p_parent_ref, v_operation, p_actor, p_reason);
  end if;
  return v_count;
end
$$;

comment on function iu_core.place_units(uuid[], text, uuid, text, text, text) is
  'Puts live units of a document under a parent (null: the top), in this order, behind the sibling '
  'that has p_after_key (null: before all). Returns how many it moved: all, or 0 when they stand '
  'there already. When keys have grown past 64 characters, the siblings are given short ones. '
  'Checks nothing: its callers do. The document must be locked.';
--! EndIncluded functions/iu_core/place_units.sql

--! Included functions/iu_core/judge_move.sql
create or replace function iu_core.judge_move(
  p_addresses text[],
  p_doc_code  text,
  p_parent    public.information_unit,
  p_after     public.information_unit
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problems jsonb;
begin
  with recursive upward (id, parent_ref) as (
    select p_parent.id, p_parent.parent_or_container_ref
     where p_parent.id is not null
    union all
    select u.id, u.parent_or_container_ref
      from upward w
      join public.information_unit u on u.id = w.parent_ref
  ),
  asked as materialized (
    select f.address, f.n, (f.unit).id, (f.unit).doc_code, (f.unit).deleted_at,
           row_number() over (partition by (f.unit).id order by f.n) as take
      from iu_core.find_units(p_addresses) as f
  ),
  problem as (
    select a.n, a.address,
           case
             when a.id is null or a.deleted_at is not null            then 'unit_not_found'
             when a.take > 1                                          then 'named_twice'
             when a.doc_code <> p_doc_code                            then 'in_other_document'
             when a.id in (select w.id from upward w)                 then 'would_be_its_own_parent'
             when a.id = p_after.id                                   then 'behind_itself'
           end as reason
      from asked a
    union all
    select 0, p_parent.canonical_address, 'parent_in_other_document'
     where p_parent.doc_code <> p_doc_code
    union all
    select 0, p_after.canonical_address, 'after_is_no_child_of_parent'
     where p_after.id is not null
       and (p_after.doc_code, p_after.parent_or_container_ref)
           is distinct from (p_doc_code, p_parent.id)
  )
  select jsonb_agg(jsonb_build_object('address', p.address, 'reason', p.reason)
                   order by p.n, p.reason)
    into v_problems
    from problem p
   where p.reason is not null;
  if v_problems is not null then
    perform iu_core.raise_error(
      'IU023',
      format('%s: %s', v_problems -> 0 ->> 'address', v_problems -> 0 ->> 'reason'),
      jsonb_build_object('problems', v_problems));
  end if;
end
$$;

comment on function iu_core.judge_move(text[], text, public.information_unit,
                                       public.information_unit) is
  'Refuses with IU023 units that cannot stand together behind p_after under p_parent (null rows: '
  'first, at the top). The document must be locked.';
--! EndIncluded functions/iu_core/judge_move.sql

--! Included functions/iu_core/move_units.sql
create or replace function iu_core.move_units(
  p_addresses text[],
  p_doc_code  text,
  p_parent    public.information_unit,
  p_after     public.information_unit,
  p_after_key text,
  p_actor     text,
  p_reason    text
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_moved integer;
begin
  perform iu_core.judge_move(p_addresses, p_doc_code, p_parent, p_after);
  v_moved := iu_core.place_units(
    array(select (f.unit).id from iu_core.find_units(p_addresses) as f order by f.n),
    p_doc_code, p_parent.id, p_after_key, p_actor, p_reason);
  return jsonb_build_object(
    'status', case v_moved when 0 then 'unchanged' else 'moved' end, 'units', v_moved);
end
$$;

comment on function iu_core.move_units(text[], text, public.information_unit,
                                       public.information_unit, text, text, text) is
  'Judges a move and makes it: the answer of fn_iu_move_many. p_after is the sibling they are to '
  'stand behind, or a null row; p_after_key the key behind which they go. The document must be '
  'locked.';
--! EndIncluded functions/iu_core/move_units.sql

--! Included functions/fn_iu_move_many.sql
create or replace function public.fn_iu_move_many(
  p_addresses      text[],
  p_parent_address text,
  p_after_address  text,
  p_actor          text,
  p_reason         text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_doc    text;
  v_parent public.information_unit;
  v_after  public.information_unit;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  p_addresses := array(select a.address from unnest(p_addresses) as a (address));
  if p_addresses = '{}' or array_position(p_addresses, null) is not null then
    perform iu_core.raise_error(
      'IU004', 'p_addresses names no unit, or has a null',
      jsonb_build_object('arguments', array['p_addresses']));
  end if;

  -- One lock is enough: whatever lies outside this document is refused.
  v_doc := (iu_core.lock_unit(p_addresses[1])).doc_code;
  if p_parent_address is not null then
    v_parent := iu_core.live_unit(p_parent_address);
  end if;
  if p_after_address is not null then
    v_after := iu_core.live_unit(p_after_address);
  end if;
  return iu_core.move_units(
           p_addresses, v_doc, v_parent, v_after, v_after.sort_key, p_actor, p_reason);
end
$$;

comment on function public.fn_iu_move_many(text[], text, text, text, text) is
  'Puts units of one document under a parent (null: the top), in the order given, behind one of '
  'its children (null: before all). What stands under them comes along: one row changes per unit '
  'named. Returns {status: moved | unchanged, units}; unchanged wrote nothing. Refuses with IU023 '
  '(detail problems: address, reason) what would make a circle or leave the document, with IU022 '
  'an address without a live unit, IU004 bad arguments, IU003 another isolation. Enacted units '
  'move too: editions keep the places they froze. For iu_editor, cutter_exec.';

revoke all     on function public.fn_iu_move_many(text[], text, text, text, text) from public;
grant  execute on function public.fn_iu_move_many(text[], text, text, text, text)
       to iu_editor, cutter_exec;
--! EndIncluded functions/fn_iu_move_many.sql

--! Included functions/fn_iu_move.sql
create or replace function public.fn_iu_move(
  p_address       text,
  p_after_address text,
  p_actor         text,
  p_reason        text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unit   public.information_unit;
  v_parent public.information_unit;
  v_after  public.information_unit;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  v_unit := iu_core.lock_unit(p_address);
  select p.* into v_parent
    from public.information_unit p
   where p.id = v_unit.parent_or_container_ref;
  if p_after_address is not null then
    v_after := iu_core.live_unit(p_after_address);
  end if;
  return iu_core.move_units(array[p_address], v_unit.doc_code, v_parent, v_after, v_after.sort_key,
                            p_actor, p_reason);
end
$$;

comment on function public.fn_iu_move(text, text, text, text) is
  'Puts one unit behind a sibling, or before all with null, under the parent it has. The same '
  'answer and errors as fn_iu_move_many. For iu_editor, cutter_exec.';

revoke all     on function public.fn_iu_move(text, text, text, text) from public;
grant  execute on function public.fn_iu_move(text, text, text, text) to iu_editor, cutter_exec;
--! EndIncluded functions/fn_iu_move.sql

--! Included functions/fn_iu_reparent.sql
create or replace function public.fn_iu_reparent(
  p_address        text,
  p_parent_address text,
  p_actor          text,
  p_reason         text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unit   public.information_unit;
  v_parent public.information_unit;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  v_unit := iu_core.lock_unit(p_address);
  if p_parent_address is not null then
    v_parent := iu_core.live_unit(p_parent_address);
  end if;
  if v_unit.parent_or_container_ref is not distinct from v_parent.id then
    return jsonb_build_object('status', 'unchanged', 'units', 0);
  end if;
  return iu_core.move_units(
           array[p_address], v_unit.doc_code, v_parent, null,
           iu_core.last_sort_key(v_unit.doc_code, v_parent.id), p_actor, p_reason);
end
$$;

comment on function public.fn_iu_reparent(text, text, text, text) is
  'Puts one unit, with all that stands under it, under another parent of its document (null: the '
  'top), behind its last child. One row of information_unit changes, however large the subtree. '
  'The same answer and errors as fn_iu_move_many. For iu_editor, cutter_exec.';

revoke all     on function public.fn_iu_reparent(text, text, text, text) from public;
grant  execute on function public.fn_iu_reparent(text, text, text, text)
       to iu_editor, cutter_exec;
--! EndIncluded functions/fn_iu_reparent.sql

--! Included functions/fn_iu_rebalance.sql
create or replace function public.fn_iu_rebalance(
  p_doc_code       text,
  p_parent_address text,
  p_actor          text,
  p_reason         text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_parent public.information_unit;
  v_units  integer;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_doc_code', p_doc_code, 'p_actor', p_actor, 'p_reason', p_reason));
  perform iu_core.lock_documents(array[p_doc_code]);
  if p_parent_address is not null then
    -- Not locked: in another document it is refused.
    v_parent := iu_core.live_unit(p_parent_address);
    if v_parent.doc_code <> p_doc_code then
      perform iu_core.raise_error(
        'IU023',
        format('%s: parent_in_other_document', v_parent.canonical_address),
        jsonb_build_object('problems', jsonb_build_array(jsonb_build_object(
          'address', v_parent.canonical_address, 'reason', 'parent_in_other_document'))));
    end if;
  end if;
  v_units := iu_core.rebalance_siblings(
    p_doc_code, v_parent.id, iu_core.uuid_v7(), p_actor, p_reason);
  return jsonb_build_object(
    'status', case v_units when 0 then 'unchanged' else 'rebalanced' end, 'units', v_units);
end
$$;

comment on function public.fn_iu_rebalance(text, text, text, text) is
  'Gives the units under a parent (null: the top of the document) short sort keys in their present '
  'order. Moving does it by itself when keys grow long; this is for doing it earlier. Returns '
  '{status: rebalanced | unchanged, units}; unchanged: there are none. Refuses with IU022 a parent '
  'that is no live unit, with IU023 one of another document, IU004 empty arguments, IU003 another '
  'isolation. For iu_operator.';

revoke all     on function public.fn_iu_rebalance(text, text, text, text) from public;
grant  execute on function public.fn_iu_rebalance(text, text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_rebalance.sql

--! Included functions/fn_iu_piece_soft_delete.sql
create or replace function public.fn_iu_piece_soft_delete(
  p_address text,
  p_actor   text,
  p_reason  text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unit     public.information_unit;
  v_children bigint;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  v_unit := iu_core.lock_unit(p_address, p_live => false);
  if v_unit.deleted_at is not null then
    return jsonb_build_object('status', 'already_deleted', 'unit_id', v_unit.id);
  end if;

  select count(*) into v_children
    from iu_core.siblings_after(v_unit.doc_code, v_unit.id, null, null);
  if v_unit.lifecycle_status = 'enacted' or v_children > 0 then
    perform iu_core.raise_error(
      'IU026',
      case v_unit.lifecycle_status
        when 'enacted' then format('%s is in force', v_unit.canonical_address)
        else format('%s units stand under %s', v_children, v_unit.canonical_address)
      end,
      jsonb_build_object('address', v_unit.canonical_address, 'children', v_children,
                         'lifecycle_status', v_unit.lifecycle_status));
  end if;

  perform iu_core.write_places(
    array[row(v_unit.id, v_unit.parent_or_container_ref, v_unit.sort_key)::iu_core.unit_place],
    'soft_deleted', iu_core.uuid_v7(), p_actor, p_reason);
  return jsonb_build_object('status', 'deleted', 'unit_id', v_unit.id);
end
$$;

comment on function public.fn_iu_piece_soft_delete(text, text, text) is
  'Takes a unit out of the working tree; its rows stay, its address stays taken, and '
  'fn_iu_piece_restore brings it back. Returns {status: deleted | already_deleted, unit_id}; '
  'already_deleted wrote nothing. Refuses with IU026 an enacted unit and one under which live '
  'units stand, with IU022 an address without a unit, IU004 bad arguments, IU003 another '
  'isolation. For iu_editor.';

revoke all     on function public.fn_iu_piece_soft_delete(text, text, text) from public;
grant  execute on function public.fn_iu_piece_soft_delete(text, text, text) to iu_editor;
--! EndIncluded functions/fn_iu_piece_soft_delete.sql

--! Included functions/fn_iu_piece_restore.sql
create or replace function public.fn_iu_piece_restore(
  p_address text,
  p_actor   text,
  p_reason  text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unit public.information_unit;
  v_key  text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  v_unit := iu_core.lock_unit(p_address, p_live => false);
  if v_unit.deleted_at is null then
    return jsonb_build_object('status', 'already_live', 'unit_id', v_unit.id);
  end if;
  if exists (select from public.information_unit p
              where p.id = v_unit.parent_or_container_ref and p.deleted_at is not null)
  then
    perform iu_core.raise_error(
      'IU026',
      format('the unit over %s is deleted', v_unit.canonical_address),
      jsonb_build_object('address', v_unit.canonical_address, 'parent_deleted', true),
      'Restore the unit over it first.');
  end if;

  -- Its place may have been given away meanwhile: then right behind who has it now.
  v_key := v_unit.sort_key;
  if iu_core.has_sibling_at(v_unit.doc_code, v_unit.parent_or_container_ref, v_key) then
    v_key := iu_core.sort_keys_between(
      v_key,
      (select s.sort_key
         from iu_core.siblings_after(
                v_unit.doc_code, v_unit.parent_or_container_ref, v_key, 1) as s),
      1);
  end if;

  perform iu_core.write_places(
    array[row(v_unit.id, v_unit.parent_or_container_ref, v_key)::iu_core.unit_place],
    'restored', iu_core.uuid_v7(), p_actor, p_reason);
  return jsonb_build_object('status', 'restored', 'unit_id', v_unit.id);
end
$$;

comment on function public.fn_iu_piece_restore(text, text, text) is
  'Brings a soft-deleted unit back to its place, or right behind whoever was given that place '
  'meanwhile. Returns {status: restored | already_live, unit_id}; already_live wrote nothing. '
  'Refuses with IU026 while the unit over it is deleted, with IU022 an address without a unit, '
  'IU004 bad arguments, IU003 another isolation. For iu_editor.';

revoke all     on function public.fn_iu_piece_restore(text, text, text) from public;
grant  execute on function public.fn_iu_piece_restore(text, text, text) to iu_editor;
--! EndIncluded functions/fn_iu_piece_restore.sql

-- ------------------------------------------------------------------------------------------------
-- Reading in order
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/tree.sql
create or replace function iu_core.tree(p_doc_code text, p_root uuid default null)
returns table (
  unit       public.information_unit,
  version    public.unit_version,
  depth      integer,
  path       text,
  over_ref   uuid,
  over_depth integer
)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with recursive root as (
    select u
      from public.information_unit u
     where p_root is null and u.doc_code = p_doc_code
       and u.parent_or_container_ref is null and u.deleted_at is null
    union all
    select u
      from public.information_unit u
     where u.id = p_root and u.deleted_at is null
  ),
  walk (unit, depth, path, over_ref, over_depth) as (
    select r.u, 0, (r.u).sort_key, null::uuid, 0
      from root r
    union all
    -- The slash sorts before every character of a key: a unit before what is under it, and that
    -- before the next sibling.
    select c.unit, w.depth + 1, w.path || '/' || (c.unit).sort_key,
           case when (w.unit).enacted_version_ref is null then w.over_ref else (w.unit).id end,
           w.over_depth + ((w.unit).enacted_version_ref is not null)::integer
      from walk w
     -- OFFSET 0: the children of one unit at a time, by the index of the siblings, whatever the
     -- statistics say; so a small tree costs the same in a large database, analyzed or not.
     cross join lateral (
       select u as unit
         from public.information_unit u
        where u.doc_code = p_doc_code and u.parent_or_container_ref = (w.unit).id
          and u.deleted_at is null
       offset 0) as c
  )
  select w.unit, v.version, w.depth, w.path, w.over_ref, w.over_depth
    from walk w
    left join lateral (
      select v as version
        from public.unit_version v
       where v.unit_id = (w.unit).id
         and v.id = coalesce((w.unit).draft_version_ref, (w.unit).enacted_version_ref)
      offset 0) as v on true
$$;

comment on function iu_core.tree(text, uuid) is
  'The live units of a document, or of the subtree of p_root, in no order, each with its draft or '
  'else its version in force (null where neither counts); depth from 0; path, the sort keys from '
  'the top joined by slashes, whose order (collate "C") is the reading order; over_ref and '
  'over_depth, the nearest unit over it that is in force and how many there are: its place among '
  'those in force.';
--! EndIncluded functions/iu_core/tree.sql

--! Included functions/fn_iu_tree.sql
create or replace function public.fn_iu_tree(p_doc_code text)
returns table (
  doc_code          text,
  unit_id           uuid,
  canonical_address text,
  parent_unit_id    uuid,
  depth             integer,
  path              text,
  unit_kind         text,
  section_type      text,
  lifecycle_status  text,
  version_id        uuid,
  title             text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (t.unit).doc_code, (t.unit).id, (t.unit).canonical_address,
         (t.unit).parent_or_container_ref, t.depth, t.path, (t.unit).unit_kind,
         (t.unit).section_type, (t.unit).lifecycle_status, (t.version).id, (t.version).title
    from iu_core.tree(p_doc_code) as t
   order by t.path collate "C"
$$;

comment on function public.fn_iu_tree(text) is
  'The working tree of a document in reading order, one row per live unit: depth from 0; path, '
  'whose order (collate "C") is the reading order; version_id and title of its draft or else of '
  'the version in force, null where none counts any more. No row for an unknown document. Works '
  'read-only and on a standby. For iu_editor, iu_operator, cutter_exec, cutter_verify, '
  'cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_tree(text) from public;
grant  execute on function public.fn_iu_tree(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_tree.sql

create view public.v_iu_tree as
  -- d.doc_code, not t's: a condition on it is then one on the documents to be walked.
  select d.doc_code, t.unit_id, t.canonical_address, t.parent_unit_id, t.depth, t.path, t.unit_kind,
         t.section_type, t.lifecycle_status, t.version_id, t.title
    from (select distinct u.doc_code
            from public.information_unit u
           where u.deleted_at is null) as d
   cross join lateral public.fn_iu_tree(d.doc_code) as t;

comment on view   public.v_iu_tree                   is
  'The working trees of all documents, one row per live unit; where doc_code = … reads one of them '
  'only. In a document, order by path collate "C" is the reading order.';
comment on column public.v_iu_tree.doc_code          is 'The document.';
comment on column public.v_iu_tree.unit_id           is 'The unit.';
comment on column public.v_iu_tree.canonical_address is 'Its address at birth.';
comment on column public.v_iu_tree.parent_unit_id    is
  'The unit it stands under; null at the top.';
comment on column public.v_iu_tree.depth             is
  'How many units stand over it; 0 at the top.';
comment on column public.v_iu_tree.path              is
  'The sort keys from the top down to it, joined by slashes.';
comment on column public.v_iu_tree.unit_kind         is 'Code of iu_unit_kind.';
comment on column public.v_iu_tree.section_type      is 'Code of iu_section_type.';
comment on column public.v_iu_tree.lifecycle_status  is 'Code of iu_lifecycle_status.';
comment on column public.v_iu_tree.version_id        is
  'Its draft, or else its version in force; null when neither counts.';
comment on column public.v_iu_tree.title             is 'Title of that version.';

grant select on public.v_iu_tree
   to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly;

--! Included functions/fn_iu_subtree.sql
create or replace function public.fn_iu_subtree(p_root text)
returns table (
  unit_id           uuid,
  canonical_address text,
  parent_address    text,
  depth             integer,
  path              text,
  section_type      text,
  lifecycle_status  text,
  version_id        uuid,
  version_seq       integer,
  title             text,
  body              text,
  content_hash      text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (t.unit).id, (t.unit).canonical_address, p.canonical_address, t.depth, t.path,
         (t.unit).section_type, (t.unit).lifecycle_status, (t.version).id,
         (t.version).version_seq, (t.version).title, (t.version).body, (t.version).content_hash
    from iu_core.find_unit(p_root) as r
   cross join lateral iu_core.tree(r.doc_code, r.id) as t
    left join lateral (
      select u.canonical_address
        from public.information_unit u
       where u.id = (t.unit).parent_or_container_ref
      offset 0) as p on true
   order by t.path collate "C"
$$;

comment on function public.fn_iu_subtree(text) is
  'The live unit at an address or alias and all that stands under it, in reading order: depth '
  'from 0, and of each the draft or else the version in force (nulls where none counts any more). '
  'No row where there is no live unit. Works read-only and on a standby. For iu_editor, '
  'iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_subtree(text) from public;
grant  execute on function public.fn_iu_subtree(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_subtree.sql

--! Included functions/fn_iu_reconstruct_source.sql
create or replace function public.fn_iu_reconstruct_source(p_doc_code text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- The text is sorted with its keys: in memory, up to a long law.
set work_mem = '64MB'
as $$
  select string_agg((t.version).body, '' order by t.path collate "C")
    from iu_core.tree(p_doc_code) as t
$$;

comment on function public.fn_iu_reconstruct_source(text) is
  'The working text of a document: the bodies of its live units in reading order, each the draft '
  'or else the version in force, with nothing between them; its UTF-8 bytes are the document. '
  'Null when there is none. Works read-only and on a standby. For iu_editor, iu_operator, '
  'cutter_exec, cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_reconstruct_source(text) from public;
grant  execute on function public.fn_iu_reconstruct_source(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_reconstruct_source.sql

reset role;

select iu_core.protect_table(
  'public.iu_working_tree_log', 'ledger',
  'public.fn_iu_move(), public.fn_iu_reparent() or public.fn_iu_piece_soft_delete()');

select iu_core.register_errors($errors$[
  {"code": "IU023", "name": "move_refused",
   "problem": "Units cannot stand where they were to be put.",
   "next_step": "Choose a parent and a sibling of the same document, not under the unit itself."},
  {"code": "IU024", "name": "draft_moved_on",
   "problem": "Somebody saved another version since the editor began.",
   "next_step": "Read the current version, merge, save again with its id as p_base_version_id."},
  {"code": "IU026", "name": "delete_refused",
   "problem": "A unit cannot be deleted or restored as things stand.",
   "next_step": "Retire first what is in force; move or delete first what stands under it."}
]$errors$);
