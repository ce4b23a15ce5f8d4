-- Of the sequences asked for: oid, increment, the table that owns it as serial or identity, and (JSON)
-- that table's partitions, which are where its rows go.
select quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.oid, s.seqincrement,
       quote_ident(tn.nspname) || '.' || quote_ident(t.relname),
       (select json_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname))
          from pg_partition_tree(t.oid) as x
          join pg_class p      on p.oid = x.relid
          join pg_namespace pn on pn.oid = p.relnamespace
         where x.level > 0)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_sequence s on s.seqrelid = c.oid
  left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                       and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  left join pg_class t on t.oid = d.refobjid
  left join pg_namespace tn on tn.oid = t.relnamespace
 where quote_ident(n.nspname) || '.' || quote_ident(c.relname) = any (%names%);
