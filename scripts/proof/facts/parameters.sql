-- Configuration parameters that somebody has been granted SET or ALTER SYSTEM on.
select 'parameter ' || p.parname                                                       as object,
       (select string_agg(a::text, ', ' order by a::text collate "C")
          from unnest(p.paracl) a)                                                     as privileges
  from pg_parameter_acl p;
