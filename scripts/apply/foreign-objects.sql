-- Of the objects that pending files create ($1 kinds, $2 schemas, $3 names): those that exist already and
-- do not belong to workflow_admin. One row each, with the owner.
with wanted as (
  select distinct w.kind, w.schema, w.name
    from unnest($1::text[], $2::text[], $3::text[]) w (kind, schema, name)
)
select w.kind, coalesce(w.schema || '.', '') || w.name as name, pg_get_userbyid(o.owner) as owner
  from wanted w
 cross join lateral (
   select n.nspowner from pg_namespace n where w.kind = 'schema' and n.nspname = w.name
    union all
   select c.relowner
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where w.kind in ('table', 'view', 'materialized view', 'foreign table', 'sequence', 'index', 'type')
      and n.nspname = coalesce(w.schema, 'public') and c.relname = w.name
    union all
   select p.proowner
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where w.kind in ('function', 'procedure', 'aggregate')
      and n.nspname = coalesce(w.schema, 'public') and p.proname = w.name
    union all
   select t.typowner
     from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where w.kind in ('type', 'domain')
      and n.nspname = coalesce(w.schema, 'public') and t.typname = w.name and t.typrelid = 0
 ) o (owner)
 where pg_get_userbyid(o.owner) <> 'workflow_admin'
 order by 1, 2
