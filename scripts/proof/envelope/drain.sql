-- $1 our slot -> what committed since it was last asked, per transaction: which relations it
-- changed, and logical messages with their prefix (those outside of transactions have no xid).
-- Nothing of the rows leaves the server. An empty transaction is told by its BEGIN.
select c.xid::text, m.kind, m.object, count(*)
  from pg_catalog.pg_logical_slot_get_changes($1, null, null, 'include-xids',      '1',
                                                             'skip-empty-xacts', '0') c
  cross join lateral (
    select case when c.data like 'table %'                    then 'rows'
                when c.data like 'message: transactional: 0%' then 'signal'
                when c.data like 'message: %'                 then 'message'
                when c.data like 'BEGIN%'                     then 'begin' end as kind,
           (pg_catalog.regexp_match(c.data, case
              when c.data like 'table %'
              then '^table (.+?): (?:INSERT|UPDATE|DELETE|TRUNCATE):'
              when c.data like 'message: %'
              then 'prefix: (.*?), sz: ' end))[1]                              as object
  ) m
 where m.kind is not null
 group by 1, 2, 3;
