-- Enums, domains, ranges, composite and base types. Array types, the row types of tables and the
-- multirange of a range come and go with what they belong to and are not listed. The attributes of
-- a composite type are in columns.sql, the constraints of a domain in constraints.sql.
select 'type ' || quote_ident(n.nspname) || '.' || quote_ident(t.typname)      as object,
       pg_get_userbyid(t.typowner)                                             as owner,
       t.typtype                                                               as kind,
       t.typisdefined                                                          as defined,
       (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
          from pg_enum e where e.enumtypid = t.oid)                            as labels,
       case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base_type,
       t.typnotnull                                                            as not_null,
       coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault)                 as default,
       case when t.typcollation not in (0, 100) then
         t.typcollation::regcollation::text end                                as collation,
       format_type(r.rngsubtype, null)                                         as subtype,
       case when r.rngcollation <> 0 then r.rngcollation::regcollation end     as subtype_collation,
       quote_ident(o.opcname)                                                  as subtype_class,
       nullif(r.rngcanonical, 0)::regprocedure                                 as canonical,
       nullif(r.rngsubdiff, 0)::regprocedure                                   as subtype_diff,
       nullif(r.rngmultitypid, 0)::regtype                                     as multirange,
       b.*
  from pg_type t
  join pg_namespace n    on n.oid = t.typnamespace
  left join pg_class c   on c.oid = t.typrelid
  left join pg_range r   on r.rngtypid = t.oid
  left join pg_opclass o on o.oid = r.rngsubopc
  -- what only a base type has a say in
  left join lateral (select nullif(t.typinput, 0)::regprocedure  as input,
                            nullif(t.typoutput, 0)::regprocedure as output,
                            nullif(t.typreceive, 0)::regprocedure as receive,
                            nullif(t.typsend, 0)::regprocedure   as send,
                            nullif(t.typmodin, 0)::regprocedure  as modifier_in,
                            nullif(t.typmodout, 0)::regprocedure as modifier_out,
                            nullif(t.typanalyze, 0)::regprocedure as analyze,
                            nullif(t.typsubscript, 0)::regprocedure as subscript,
                            nullif(t.typelem, 0)::regtype        as element,
                            t.typlen                             as length,
                            t.typbyval                           as by_value,
                            t.typalign                           as alignment,
                            t.typstorage                         as storage,
                            t.typcategory                        as category,
                            t.typispreferred                     as preferred,
                            t.typdelim                              as delimiter) b
         on t.typtype = 'b'
 where t.oid >= 16384
   and t.typtype <> 'm'
   and (t.typrelid = 0 or c.relkind = 'c')
   and n.nspname not like 'pg\_temp\_%'
   and t.oid not in (select typarray from pg_type where typarray <> 0)
   and t.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_type'::regclass);
