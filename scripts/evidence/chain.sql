-- Every event in order; times as the text that the event's hash covers (docs/FORMATS.md).
select e.seq::int,
       to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
       e.run_id, e.kind, e.file, e.outcome, e.actor, e.server,
       e.forward_sha256, e.forward_digest, e.rollback_sha256, e.rollback_digest,
       e.verify_sha256, e.verify_digest,
       e.statements, e.milliseconds::int, e.seal, e.detail, e.previous_hash, e.hash
  from iu_ledger.event e
 order by e.seq
