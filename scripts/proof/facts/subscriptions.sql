-- Subscriptions of this database. The connection string is readable by superusers only and holds a
-- password: it is left out. Named columns, because a whole row would ask for the right to read it.
select 'subscription ' || quote_ident(s.subname)                              as object,
       pg_get_userbyid(s.subowner)                                            as owner,
       s.subenabled                                                           as enabled,
       s.subbinary                                                            as binary,
       s.substream                                                            as streaming,
       s.subtwophasestate <> 'd'                                              as two_phase,
       s.subdisableonerr                                                      as disable_on_error,
       s.subslotname                                                          as slot,
       s.subsynccommit                                                        as synchronous_commit,
       (select string_agg(quote_ident(p), ', ' order by p collate "C")
          from unnest(s.subpublications) p)                                   as publications
  from pg_subscription s
 where s.subdbid = (select oid from pg_database where datname = current_database());
