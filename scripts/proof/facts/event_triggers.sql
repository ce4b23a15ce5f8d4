-- Event triggers.
select 'event trigger ' || quote_ident(t.evtname)    as object,
       pg_get_userbyid(t.evtowner)                   as owner,
       t.evtevent                                    as event,
       t.evtfoid::regprocedure                       as function,
       t.evtenabled                                  as enabled,
       (select string_agg(g, ', ' order by g collate "C") from unnest(t.evttags) g) as tags
  from pg_event_trigger t
 where t.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_event_trigger'::regclass);
