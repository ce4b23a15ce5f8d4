-- Of the sequences asked for: oid, increment, and the table that owns it as serial or identity.
select quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.oid, s.seqincrement,
       quote_ident(tn.nspname) || '.' || quote_ident(t.relname)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_sequence s on s.seqrelid = c.oid
  left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                       and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  left join pg_class t on t.oid = d.refobjid
  left join pg_namespace tn on tn.oid = t.relnamespace
 where quote_ident(n.nspname) || '.' || quote_ident(c.relname) = any (%names%);
