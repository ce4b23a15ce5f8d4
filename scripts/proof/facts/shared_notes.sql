-- Comments and security labels on roles and tablespaces; those of the database are in database.sql.
select i.type || ' ' || i.identity  as object,
       max(x.comment)               as comment,
       string_agg(x.label, ', ' order by x.label collate "C") as security_labels
  from (select classoid, objoid, description as comment, null as label
          from pg_shdescription
         union all
        select classoid, objoid, null, provider || ': ' || label
          from pg_shseclabel) x,
       pg_identify_object(x.classoid, x.objoid, 0) i
 where x.classoid <> 'pg_database'::regclass
 group by 1;
