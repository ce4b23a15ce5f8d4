-- Large objects: that they exist and whose they are. Their number is their name. Their bytes are
-- data.
select 'large object ' || l.oid                      as object,
       pg_get_userbyid(l.lomowner)                   as owner
  from pg_largeobject_metadata l;
