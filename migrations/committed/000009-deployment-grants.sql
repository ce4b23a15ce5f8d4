--! Previous: sha1:9c6f57cb42d1197f624a6977089481e5e25af641
--! Hash: sha1:972b8ea55b75b9e3b2a64779d5fe100068dc9077
--! Message: deployment grants
--! Title: What is granted to whom, as data, and the probe that compares it with the catalogs

--! split: 1-current.sql
set local role workflow_admin;

create table public.deployment_grant_matrix (
  grantee     text collate "C" not null,
  object_type text             not null,
  object      text collate "C" not null,
  privilege   text             not null,
  constraint deployment_grant_matrix_pk         primary key (object, grantee, privilege, object_type),
  constraint deployment_grant_matrix_grantee_ck check (lower(grantee) <> 'public'),
  constraint deployment_grant_matrix_type_ck
    check (object_type in ('schema', 'table', 'view', 'function', 'sequence', 'type')),
  constraint deployment_grant_matrix_privilege_ck
    check (privilege ~ '^[A-Z]+$'
           and (privilege <> 'OWNER' or grantee = 'workflow_admin'))
);

comment on table  public.deployment_grant_matrix             is
  'What is to be granted, and to whom: double entry to the GRANTs of the migrations, compared with '
  'the catalogs by fn_deployment_grant_probe(). Nothing is ever granted to PUBLIC, nor with a '
  'grant option.';
comment on column public.deployment_grant_matrix.grantee     is 'The role, unquoted.';
comment on column public.deployment_grant_matrix.object_type is
  'schema, table, view, function (procedures and aggregates too), sequence or type.';
comment on column public.deployment_grant_matrix.object      is
  'As the catalogs print it with search_path pg_catalog: public.fn_iu_get(text).';
comment on column public.deployment_grant_matrix.privilege   is
  'As the server spells it: EXECUTE; or OWNER, the row of workflow_admin that every object has.';

grant select on public.deployment_grant_matrix to context_pack_readonly;

--! Included functions/iu_core/expect_grants.sql
create or replace function iu_core.expect_grants(p_entries jsonb)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with entry as (
    select e.object, e.type, e.grantees, e.privileges
      from jsonb_to_recordset(p_entries)
           as e (object text, type text, grantees text[], privileges text[])
  )
  insert into public.deployment_grant_matrix (grantee, object_type, object, privilege)
  select g.grantee, e.type, e.object, p.privilege
    from entry e
   cross join lateral unnest(e.grantees)   as g (grantee)
   cross join lateral unnest(e.privileges) as p (privilege)
  union
  select 'workflow_admin', e.type, e.object, 'OWNER'
    from entry e
   where (e.type, e.object) <> ('schema', 'public')
      on conflict on constraint deployment_grant_matrix_pk do nothing
$$;

comment on function iu_core.expect_grants(jsonb) is
  'Adds what is to be granted to deployment_grant_matrix: an array of {object, type, grantees, '
  'privileges}, grantees and privileges arrays of text, both empty for what only its owner may '
  'use; an object may stand in several entries, one per group of grantees. Called by the migration '
  'that owns the objects, after reset role. For members of workflow_admin.';
--! EndIncluded functions/iu_core/expect_grants.sql

--! Included functions/iu_core/forget_grants.sql
create or replace function iu_core.forget_grants(p_objects text[])
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.deployment_grant_matrix m where m.object = any (p_objects)
$$;

comment on function iu_core.forget_grants(text[]) is
  'Takes every entry of the objects out of deployment_grant_matrix, for the rollback that drops '
  'them. For members of workflow_admin.';
--! EndIncluded functions/iu_core/forget_grants.sql

--! Included functions/fn_deployment_grant_probe.sql
create or replace function public.fn_deployment_grant_probe()
returns table (
  delta       text,
  grantee     text,
  object_type text,
  object      text,
  privilege   text,
  ddl         text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off  -- compiling takes a second, running a hundredth of one
as $$
  with ours (name, oid) as (
    select r.name, to_regrole(r.name)::oid
      from (values ('workflow_admin'), ('cutter_exec'), ('cutter_verify'), ('cutter_approver'),
                   ('iu_operator'), ('iu_worker'), ('iu_editor'), ('context_pack_readonly')
           ) as r (name)
  ),
  admin as (
    select o.oid from ours o where o.name = 'workflow_admin'
  ),
  expected as (
    select m.grantee, m.object_type, m.object, m.privilege,
           to_regrole(quote_ident(m.grantee))::oid as grantee_oid
      from public.deployment_grant_matrix m
  ),
  -- fixed_owner: the owner is that of another object. acl is null where only the owner has rights.
  candidate as (
    select 'schema' as object_type, quote_ident(n.nspname) as object, n.nspname as schema_name,
           'schema' as kind, 'schema' as grant_kind, null::oid as relation, n.nspowner as owner,
           false as fixed_owner, n.nspacl as acl, acldefault('n', n.nspowner) as owner_acl
      from pg_namespace n
    union all
    select case when c.relkind in ('v', 'm') then 'view'
                when c.relkind = 'S'         then 'sequence'
                else                              'table'
           end,
           c.oid::regclass::text, n.nspname,
           case c.relkind when 'v' then 'view'
                          when 'm' then 'materialized view'
                          when 'S' then 'sequence'
                          when 'f' then 'foreign table'
                          else          'table'
           end,
           case c.relkind when 'S' then 'sequence' else 'table' end,
           c.oid, c.relowner,
           -- A sequence of a column follows its table.
           exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid
                      and c.relkind = 'S' and d.refobjsubid > 0 and d.deptype in ('a', 'i')),
           c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
    union all
    select 'function', p.oid::regprocedure::text, n.nspname,
           k.kind, k.kind, null, p.proowner, false,
           -- No ACL means the built-in one, and that has EXECUTE for PUBLIC.
           coalesce(p.proacl, acldefault('f', p.proowner)), acldefault('f', p.proowner)
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
     cross join lateral (
       select case when p.prokind in ('f', 'w') then 'function' else 'routine' end
     ) as k (kind)
    union all
    select 'type', t.oid::regtype::text, n.nspname,
           'type', 'type', null, t.typowner, false, t.typacl, acldefault('T', t.typowner)
      from pg_type t
      join pg_namespace n on n.oid = t.typnamespace
      left join pg_class c on c.oid = t.typrelid
     where t.typtype in ('d', 'e', 'r') or c.relkind = 'c'
  ),
  object as (
    select c.*, c.object = 'public' and c.object_type = 'schema' as shared,
           -- What is only named like ours is not adopted: workflow_admin would run a stranger's text.
           c.owner is distinct from (select a.oid from admin a)
             and c.object_type in ('function', 'view')
             and not exists (select from expected e
                              where (e.object_type, e.object) = (c.object_type, c.object)) as stray
      from candidate c
     where case
             when c.object_type = 'schema'
               then c.object in ('public', 'iu_core', 'cutter_governance')
             when c.schema_name in ('iu_core', 'cutter_governance') then true
             -- Public is shared with others. Ours there is what workflow_admin owns, and what has a
             -- name of ours, whoever owns it; so an overload of one of our functions counts.
             when c.schema_name = 'public'
               then c.owner = (select a.oid from admin a)
                 or starts_with(c.object, 'public.fn_iu_')
                 or starts_with(c.object, 'public.v_iu_')
                 or split_part(c.object, '(', 1) in (
                      select split_part(e.object, '(', 1) from expected e)
             else false
           end
  ),
  -- Every ACL entry, of columns too, but the owner's. What the server itself gives PUBLIC, USAGE on
  -- types and on the schema public, counts neither as expected nor as excess.
  entry as (
    select x.*,
           lower(x.granted) || coalesce(' (' || quote_ident(x.column_name) || ')', '') as granted_word,
           case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
             as grantee_word,
           exists (select from expected e
                    where e.grantee_oid = x.grantee
                      and (e.object_type, e.object) = (x.object_type, x.object)
                      and e.privilege = x.granted
                      and x.column_name is null
                      and x.by_owner) as expected
      from (
        select o.object_type, o.object, o.grant_kind, o.shared, a.grantor, a.grantee,
               a.privilege_type as granted, null::name as column_name, a.is_grantable,
               -- Who owns schema public is a matter of the database, not ours.
               o.shared or a.grantor = o.owner as by_owner, o.owner
          from object o
         cross join lateral aclexplode(o.acl) as a
         where not o.stray
        union all
        select o.object_type, o.object, o.grant_kind, false, a.grantor, a.grantee,
               a.privilege_type, t.attname, a.is_grantable,
               a.grantor = o.owner, o.owner
          from object o
          join pg_attribute t on t.attrelid = o.relation and not t.attisdropped
         cross join lateral aclexplode(t.attacl) as a
         where not o.stray
      ) as x
     where x.grantee <> x.owner
       and x.grantee is distinct from (select a.oid from admin a)
       and not (x.grantee = 0 and x.granted = 'USAGE' and (x.shared or x.object_type = 'type'))
       and (not x.shared or x.grantee = 0 or x.grantee in (select o.oid from ours o))
  ),
  -- Whoever becomes a member of one of these gains rights on objects of ours.
  powerful (oid) as (
    select o.oid from ours o
    union
    select to_regrole(r.name)::oid
      from unnest(array['pg_read_all_data', 'pg_write_all_data', 'pg_maintain']) as r (name)
  ),
  future as (
    select d.defaclobjtype as kind, d.defaclnamespace as namespace, d.defaclacl as acl
      from pg_default_acl d
     where d.defaclrole = (select a.oid from admin a)
    union all
    select 'f', 0, acldefault('f', a.oid)
      from admin a
     where not exists (select from pg_default_acl d
                        where d.defaclrole = a.oid
                          and d.defaclnamespace = 0
                          and d.defaclobjtype = 'f')
  ),
  found (step, delta, grantee, object_type, object, privilege, ddl) as (
    select 1, 'missing_object', 'workflow_admin', e.object_type, e.object, 'OWNER', null
      from expected e
     where not exists (select from object o
                        where (o.object_type, o.object) = (e.object_type, e.object))
     group by e.object_type, e.object
    union all
    select 2, 'missing_role', r.name, 'role', r.name, null, format('create role %I nologin;', r.name)
      from (select o.name from ours o where o.oid is null
            union
            select e.grantee from expected e where e.grantee_oid is null) as r (name)
    union all
    select 3, 'wrong_owner', pg_get_userbyid(o.owner), o.object_type, o.object, 'OWNER',
           case when o.stray
                then format('drop %s %s;', o.kind, o.object)
                else format('alter %s %s owner to workflow_admin;', o.kind, o.object)
           end
      from object o
     where o.owner is distinct from (select a.oid from admin a)
       and not o.shared
       and not o.fixed_owner
    union all
    select 4, 'excess', coalesce(pg_get_userbyid(nullif(e.grantee, 0)), 'PUBLIC'), e.object_type,
           e.object,
           e.granted || coalesce(' (' || quote_ident(e.column_name) || ')', '')
                     || case when e.is_grantable then ' WITH GRANT OPTION' else '' end,
           case when not e.by_owner
                then format('revoke grant option for %s on %s %s from %I cascade;',
                            e.granted_word, e.grant_kind, e.object, pg_get_userbyid(e.grantor))
                when e.expected
                then format('revoke grant option for %s on %s %s from %s cascade;',
                            e.granted_word, e.grant_kind, e.object, e.grantee_word)
                else format('revoke %s on %s %s from %s%s;',
                            e.granted_word, e.grant_kind, e.object, e.grantee_word,
                            case when e.is_grantable then ' cascade' else '' end)
           end
      from entry e
     where not e.expected or e.is_grantable
    union all
    select 5, 'excess', r.name, 'role', m.roleid::regrole::text, 'MEMBER',
           format('revoke %s from %I%s%s;', m.roleid::regrole, r.name,
                  -- Since 16 a membership has one grantor, and only that grant of it is revoked.
                  case when current_setting('server_version_num')::integer >= 160000
                       then format(' granted by %I', pg_get_userbyid(m.grantor))
                       else ''
                  end,
                  case when m.admin_option then ' cascade' else '' end)
      from pg_auth_members m
      join ours r on r.oid = m.member
     where exists (select from powerful p
                    where p.oid <> r.oid and pg_has_role(m.roleid, p.oid, 'member'))
    union all
    select 5, 'excess', s.rolname, 'role', s.rolname, 'SUPERUSER',
           format('alter role %I nosuperuser;', s.rolname)
      from pg_roles s
      join ours r on r.oid = s.oid
     where s.rolsuper
    union all
    select 6, 'missing', e.grantee, e.object_type, e.object, e.privilege,
           format('grant %s on %s %s to %I;', lower(e.privilege), o.grant_kind, e.object,
                  e.grantee)
      from expected e
      join object o on (o.object_type, o.object) = (e.object_type, e.object)
     where e.privilege <> 'OWNER'
       and case
             when e.grantee_oid is null then true
             -- There a right that comes through PUBLIC is as good.
             when o.shared then not has_schema_privilege(e.grantee_oid, e.object, e.privilege)
             else not exists (select from entry n
                               where n.expected
                                 and n.grantee = e.grantee_oid
                                 and (n.object_type, n.object) = (e.object_type, e.object)
                                 and n.granted = e.privilege)
           end
    union all
    -- The owner's own rights can be revoked too, and then our functions fail.
    select 6, 'missing', 'workflow_admin', o.object_type, o.object, d.privilege_type,
           format('grant %s on %s %s to workflow_admin;', lower(d.privilege_type), o.grant_kind,
                  o.object)
      from object o
      join admin a on a.oid = o.owner
     cross join lateral aclexplode(o.owner_acl) as d
     where d.grantee = o.owner
       and o.acl is not null
       and not exists (select from aclexplode(o.acl) as x
                        where x.grantee = o.owner and x.privilege_type = d.privilege_type)
    union all
    select 7, 'default_privileges', coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC'),
           'default', k.kind || coalesce(' in schema ' || quote_ident(n.nspname), ''),
           x.privilege_type,
           format('alter default privileges for role workflow_admin%s revoke %s on %s from %s;',
                  ' in schema ' || quote_ident(n.nspname), lower(x.privilege_type), k.kind,
                  case when x.grantee = 0 then 'public'
                       else quote_ident(pg_get_userbyid(x.grantee))
                  end)
      from future f
      left join pg_namespace n on n.oid = f.namespace
     cross join lateral (
       select case f.kind when 'r' then 'tables'
                          when 'S' then 'sequences'
                          when 'f' then 'functions'
                          when 'T' then 'types'
                          when 'n' then 'schemas'
                          else          'large objects'
              end
     ) as k (kind)
     cross join lateral aclexplode(f.acl) as x
     where x.grantee is distinct from (select a.oid from admin a)
       and not (f.kind = 'T' and x.grantee = 0)
  )
  select f.delta, f.grantee, f.object_type, f.object, f.privilege, f.ddl
    from found f
   order by f.step, f.object_type collate "C", f.object collate "C", f.grantee collate "C",
            f.privilege collate "C", f.ddl collate "C"
$$;

comment on function public.fn_deployment_grant_probe() is
  'What differs between deployment_grant_matrix and the catalogs, both ways; no row is clean. '
  'delta: missing_object, missing_role, missing (expected, not there), excess (there, not '
  'expected: also a grant option, a column, a membership of one of our roles that brings rights), '
  'wrong_owner (grantee is who owns it), default_privileges (workflow_admin would grant what it '
  'creates to somebody). object_type as in the matrix, or role, or default. ddl mends it, run in '
  'the order of the rows; null where only a migration can. Superusers, and what logins hold '
  'through roles, are not counted. Takes no lock, works read-only and on a standby. For '
  'iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_deployment_grant_probe() from public;
grant  execute on function public.fn_deployment_grant_probe()
       to iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly;
--! EndIncluded functions/fn_deployment_grant_probe.sql

--! Included functions/fn_iu_check_grants.sql
create or replace function public.fn_iu_check_grants()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with delta as (
    select d.*
      from public.fn_deployment_grant_probe() with ordinality
           as d (delta, grantee, object_type, object, privilege, ddl, n)
  )
  select s.scenario,
         count(d.delta) = 0,
         coalesce(
           string_agg(concat_ws(' ', d.delta, d.privilege, 'on', d.object, 'of', d.grantee), '; '
                      order by d.n) filter (where d.delta is not null),
           (select count(*) || ' expected'
              from public.deployment_grant_matrix m
             where m.object_type = s.object_type and m.privilege <> 'OWNER'))
    from (values
      (1, 'schema',   'grants on schemas are as the matrix says'),
      (2, 'table',    'grants on tables are as the matrix says'),
      (3, 'view',     'grants on views are as the matrix says'),
      (4, 'function', 'grants on functions are as the matrix says'),
      (5, 'sequence', 'grants on sequences are as the matrix says'),
      (6, 'type',     'grants on types are as the matrix says'),
      (7, 'role',     'no role of ours has rights through another role'),
      (8, 'default',  'what workflow_admin creates is granted to nobody')
    ) as s (place, object_type, scenario)
    left join delta d on d.object_type = s.object_type
   group by s.place, s.object_type, s.scenario
   order by s.place
$$;

comment on function public.fn_iu_check_grants() is
  'Scenario rows, one per type of object: what is granted is what deployment_grant_matrix says; '
  'detail lists the rows of fn_deployment_grant_probe(), or how many grants are expected. Read '
  'only. For iu_operator.';

revoke all     on function public.fn_iu_check_grants() from public;
grant  execute on function public.fn_iu_check_grants() to iu_operator;
--! EndIncluded functions/fn_iu_check_grants.sql

reset role;

select iu_core.protect_table(
  'public.deployment_grant_matrix', 'state', 'iu_core.expect_grants()');

-- The whole chain, in the order of the objects. An entry without grantees is for its owner alone;
-- iu_core needs none, as nobody may be granted anything there.
select iu_core.expect_grants($grants$[
  {"object": "public", "type": "schema",
   "grantees": ["workflow_admin"], "privileges": ["USAGE", "CREATE"]},
  {"object": "public", "type": "schema",
   "grantees": ["cutter_exec", "cutter_verify", "cutter_approver", "iu_operator", "iu_worker",
                "iu_editor", "context_pack_readonly"], "privileges": ["USAGE"]},
  {"object": "cutter_governance", "type": "schema",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_operator"],
   "privileges": ["USAGE"]},
  {"object": "iu_core", "type": "schema", "grantees": [], "privileges": []},

  {"object": "cutter_governance.review_decision", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_operator"],
   "privileges": ["SELECT"]},
  {"object": "cutter_governance.review_decision_unit", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_operator"],
   "privileges": ["SELECT"]},
  {"object": "public.canonical_address_alias", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.deployment_grant_matrix", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.document_edition", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.document_edition_unit", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.dot_config", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.dot_config_history", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.event_dedupe", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.event_outbox", "type": "table",
   "grantees": ["context_pack_readonly", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.event_outbox_retention", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.event_type_history", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.event_type_registry", "type": "table",
   "grantees": ["context_pack_readonly", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.information_unit", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_error", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_gate", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_gate_transition", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_lifecycle_log", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_lifecycle_status", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_lifecycle_transition", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_section_type", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_unit_kind", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_vocabulary_history", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_working_tree_log", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.unit_version", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},

  {"object": "public.event_outbox_id_seq", "type": "sequence", "grantees": [], "privileges": []},
  {"object": "public.v_iu_outbox_gaps", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_tree", "type": "view",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["SELECT"]},

  {"object": "public.fn_deployment_grant_probe()", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_operator"],
   "privileges": ["EXECUTE"]},
  {"object": "public.fn_dot_config_set(text,text,text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_addresses(text,jsonb,jsonb)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_alias_add(text,text,text,text)", "type": "function",
   "grantees": ["iu_editor", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_event_types()", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_gates()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_grants()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_locks()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_outbox()", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_roles()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_units()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_vocabulary()", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_create(text,text,text,text,text,text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_create_many(jsonb,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_editions(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_emit_event(text,text,text,text,text,jsonb,text,text,uuid,jsonb,text)", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_emit_events(jsonb,text,text)", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_enact(text,text,uuid,uuid,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_enact_many(text[],text,uuid,uuid,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_event_type_remove(jsonb,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_event_type_set(jsonb,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_gate_close(text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_gate_declare(text,text,text,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_gate_is_open(text)", "type": "function",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_gate_list()", "type": "function",
   "grantees": ["context_pack_readonly", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_gate_open(text,uuid,text,text,integer)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_gate_verify_closed()", "type": "function",
   "grantees": ["context_pack_readonly", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_gate_withdraw(text,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_get(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_get(text,timestamp with time zone)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_get_version(uuid)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_history(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_move(text,text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_move_many(text[],text,text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_outbox_make_partitions(integer,text)", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_outbox_retire_partition(integer,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_piece_restore(text,text,text)", "type": "function",
   "grantees": ["iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_piece_soft_delete(text,text,text)", "type": "function",
   "grantees": ["iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_rebalance(text,text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_reconstruct_source(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_reconstruct_source(text,integer)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_reconstruct_source(text,timestamp with time zone)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_reparent(text,text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_retire(text,text,uuid,uuid,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_retire_many(text[],text,uuid,uuid,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_review_decide(text,jsonb,text,text,text)", "type": "function",
   "grantees": ["cutter_approver"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_review_revert(uuid,text,text)", "type": "function",
   "grantees": ["cutter_approver"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_save(text,text,text,text,uuid)", "type": "function",
   "grantees": ["iu_editor"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_subtree(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_supersede(text,text,uuid,uuid,text,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_supersede_many(text[],text,uuid,uuid,text,text,boolean)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_tree(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify", "iu_editor",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_verify_invariants(uuid[])", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_verify", "iu_operator"],
   "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_vocabulary_remove(text,text[],text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_vocabulary_set(text,jsonb,text)", "type": "function",
   "grantees": [], "privileges": []}
]$grants$);
