-- Files that were announced and neither finished nor failed, and not announced again since: a run was killed.
select s.kind, s.file, s.actor,
       to_char(s.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as started_at
  from iu_ledger.event s
 where s.outcome = 'started' and s.kind in ('migrate', 'rollback', 'runtime', 'revert')
   and not exists (select from iu_ledger.event e
                    where e.file = s.file and e.seq > s.seq)
 order by s.seq
