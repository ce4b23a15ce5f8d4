--! Title: Undo the verification: it wrote nothing, so there is nothing to undo

begin;

select 'every governed table is still there'              as scenario,
       count(*) filter (where c.oid is null) = 0          as ok,
       count(c.oid) || ' of ' || count(*) || ' tables'    as detail
  from iu_core.governed_table g
  left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(g.table_name);

commit;
