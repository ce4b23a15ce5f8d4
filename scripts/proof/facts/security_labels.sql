-- Security labels on objects of the database, one text per object over all label providers.
select case when i.type like '% column' then 'column'
            when i.type in ('partitioned table') then 'table'
            else i.type end || ' ' || i.identity                                  as object,
       string_agg(l.provider || ': ' || l.label, ', ' order by l.provider)        as security_labels
  from pg_seclabel l,
       pg_identify_object(l.classoid, l.objoid, l.objsubid) i
 group by 1;
