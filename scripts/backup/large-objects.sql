-- Bytes of all large objects: how many, and two seeded sums over number and digest of each. One object
-- at a time is held in memory. lo_get ends at 1 GB: a larger object is an error, never left out.
select count(*)::integer                                     as rows,
       coalesce(sum(hashtextextended(t, 1)), 0)::text || '|'
         || coalesce(sum(hashtextextended(t, 2)), 0)::text   as digest
  from (select (l.oid || ':' || encode(sha256(lo_get(l.oid)), 'hex')) collate "C" as t
          from pg_catalog.pg_largeobject_metadata l
        offset 0) as r;
