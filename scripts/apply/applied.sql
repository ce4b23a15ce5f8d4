-- What graphile-migrate says is applied, with the digests that were announced when it was.
select m.filename,
       m.hash,
       to_char(m.date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as applied_at,
       s.actor,
       s.file,
       s.forward_sha256, s.forward_digest, s.rollback_sha256, s.rollback_digest,
       s.verify_sha256, s.verify_digest
  from graphile_migrate.migrations m
  left join lateral (
    select d.run_id, d.file
      from iu_ledger.event d
     where d.kind = 'migrate' and d.outcome = 'done'
       and substring(d.file from '([0-9]+)[^/]*$') || '.sql' = m.filename
     order by d.seq desc
     limit 1
  ) d on true
  left join lateral (
    select s.*
      from iu_ledger.event s
     where s.run_id = d.run_id and s.file = d.file and s.kind = 'migrate' and s.outcome = 'started'
     order by s.seq desc
     limit 1
  ) s on true
 order by m.filename
