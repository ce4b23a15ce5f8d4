-- Where pgTAP is: the extension, or a schema with its plan(integer). $1 is the comment on our own copy.
select n.nspname                                                                as schema,
       e.oid is null and obj_description(n.oid, 'pg_namespace') is not distinct from $1::text as ours
  from pg_catalog.pg_namespace n
  left join pg_catalog.pg_extension e on e.extnamespace = n.oid and e.extname = 'pgtap'
 where e.oid is not null
    or exists (
         select from pg_catalog.pg_proc p
          where p.pronamespace = n.oid
            and p.proname = 'plan'
            and pg_get_function_identity_arguments(p.oid) = 'integer'
            and n.nspname = 'pgtap')
 order by e.oid is null
 limit 1
