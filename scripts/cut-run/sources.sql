-- The pinned versions of a document's source, the newest first. $1: its prefix.
select s.sha256, s.bytes, s.origin, s.pinned_at
  from cutter_governance.source_version s
  join cutter_governance.source_document d on d.id = s.document_id
 where d.doc_prefix = $1
 order by s.pinned_at desc
