--! Title: Remove the event types again; events of them keep their stream, lane and severity

begin;

select iu_core.forget_event_types($types$[
  {"event_domain": "piece",      "event_type": "created"},
  {"event_domain": "piece",      "event_type": "updated"},
  {"event_domain": "piece",      "event_type": "moved"},
  {"event_domain": "piece",      "event_type": "soft_deleted"},
  {"event_domain": "piece",      "event_type": "restored"},
  {"event_domain": "piece",      "event_type": "alias_added"},
  {"event_domain": "piece",      "event_type": "enacted"},
  {"event_domain": "piece",      "event_type": "superseded"},
  {"event_domain": "piece",      "event_type": "retired"},
  {"event_domain": "document",   "event_type": "edition_frozen"},
  {"event_domain": "document",   "event_type": "rebalanced"},
  {"event_domain": "review",     "event_type": "decided"},
  {"event_domain": "governance", "event_type": "setting_changed"},
  {"event_domain": "governance", "event_type": "gate_declared"},
  {"event_domain": "governance", "event_type": "gate_withdrawn"},
  {"event_domain": "governance", "event_type": "gate_opened"},
  {"event_domain": "governance", "event_type": "gate_closed"},
  {"event_domain": "governance", "event_type": "vocabulary_changed"},
  {"event_domain": "governance", "event_type": "event_types_changed"},
  {"event_domain": "governance", "event_type": "outbox_partitions_made"},
  {"event_domain": "governance", "event_type": "outbox_partition_retired"},
  {"event_domain": "governance", "event_type": "routes_changed"},
  {"event_domain": "governance", "event_type": "route_worker_changed"},
  {"event_domain": "governance", "event_type": "delivery_changed"},
  {"event_domain": "cut",        "event_type": "profile_registered"},
  {"event_domain": "cut",        "event_type": "document_stated"},
  {"event_domain": "cut",        "event_type": "source_pinned"},
  {"event_domain": "cut",        "event_type": "run_moved"}
]$types$, 'rollback/010_event_types');

commit;
