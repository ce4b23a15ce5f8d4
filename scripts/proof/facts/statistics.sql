-- Extended statistics objects; what ANALYZE has put into them is not schema.
select i.type || ' ' || i.identity                   as object,
       pg_get_userbyid(s.stxowner)                   as owner,
       pg_get_statisticsobjdef(s.oid)                as definition,
       nullif(s.stxstattarget, -1)                   as statistics_target
  from pg_statistic_ext s,
       pg_identify_object('pg_statistic_ext'::regclass, s.oid, 0) i
 where s.oid >= 16384
   and i.identity not like 'pg\_temp%';
