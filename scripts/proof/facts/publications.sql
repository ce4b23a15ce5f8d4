-- Publications and what they publish: tables with their row filter and column list, whole schemas.
select 'publication ' || quote_ident(p.pubname)                               as object,
       pg_get_userbyid(p.pubowner)                                            as owner,
       p.puballtables                                                         as all_tables,
       concat_ws(', ', case when p.pubinsert then 'insert' end,
                 case when p.pubupdate then 'update' end,
                 case when p.pubdelete then 'delete' end,
                 case when p.pubtruncate then 'truncate' end)                 as publishes,
       p.pubviaroot                                                           as via_root,
       to_jsonb(p) ->> 'pubgencols'                                           as generated_columns,
       null                                                                   as row_filter,
       null                                                                   as columns
  from pg_publication p
 where p.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_publication'::regclass)
 union all
select i.type || ' ' || i.identity, null, null, null, null, null,
       pg_get_expr(r.prqual, r.prrelid),
       (select string_agg(quote_ident(a.attname), ', ' order by a.attname)
          from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs))
  from pg_publication_rel r,
       pg_identify_object('pg_publication_rel'::regclass, r.oid, 0) i
 union all
select i.type || ' ' || i.identity, null, null, null, null, null, null, null
  from pg_publication_namespace s,
       pg_identify_object('pg_publication_namespace'::regclass, s.oid, 0) i;
