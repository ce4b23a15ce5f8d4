--! Title: Register the event types
--! Requires: 003_gates

begin;

select public.fn_iu_event_type_set($entries$[
  {"event_domain": "piece", "event_type": "created",
   "event_stream": "birth",  "delivery_lane": "immediate", "severity": "info",
   "description": "A unit was created, with its first draft version."},
  {"event_domain": "piece", "event_type": "updated",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "info",
   "description": "A unit has a new draft version."},
  {"event_domain": "piece", "event_type": "moved",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "info",
   "description": "A unit stands under another parent, or elsewhere among its siblings."},
  {"event_domain": "piece", "event_type": "soft_deleted",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "notice",
   "description": "A unit was soft-deleted."},
  {"event_domain": "piece", "event_type": "restored",
   "event_stream": "birth",  "delivery_lane": "immediate", "severity": "notice",
   "description": "A soft-deleted unit is back."},
  {"event_domain": "piece", "event_type": "alias_added",
   "event_stream": "update", "delivery_lane": "delayed",   "severity": "info",
   "description": "Another address resolves to a unit."},
  {"event_domain": "piece", "event_type": "enacted",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "notice",
   "description": "A version of a unit came into force."},
  {"event_domain": "piece", "event_type": "superseded",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "notice",
   "description": "A version of a unit was replaced by another."},
  {"event_domain": "piece", "event_type": "retired",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "notice",
   "description": "A unit went out of use and nothing replaces it."},
  {"event_domain": "document", "event_type": "edition_frozen",
   "event_stream": "update", "delivery_lane": "immediate", "severity": "notice",
   "description": "The reading order of a document was frozen as an edition."},
  {"event_domain": "document", "event_type": "rebalanced",
   "event_stream": "update", "delivery_lane": "delayed",   "severity": "info",
   "description": "Units of a document have new sort keys, in the same order."},
  {"event_domain": "review", "event_type": "decided",
   "event_stream": "review", "delivery_lane": "immediate", "severity": "notice",
   "description": "A review decision was made."},
  {"event_domain": "governance", "event_type": "setting_changed",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "A setting has another value or description."},
  {"event_domain": "governance", "event_type": "gate_declared",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "info",
   "description": "A gate was declared, or its policy or description changed."},
  {"event_domain": "governance", "event_type": "gate_withdrawn",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "The declaration of a gate was taken back."},
  {"event_domain": "governance", "event_type": "gate_opened",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "A gate was opened, for good or under a lease."},
  {"event_domain": "governance", "event_type": "gate_closed",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "info",
   "description": "A gate was closed."},
  {"event_domain": "governance", "event_type": "vocabulary_changed",
   "event_stream": "update", "delivery_lane": "delayed",   "severity": "info",
   "description": "Codes of a vocabulary were added, changed, retired or removed."},
  {"event_domain": "governance", "event_type": "event_types_changed",
   "event_stream": "update", "delivery_lane": "delayed",   "severity": "info",
   "description": "Event types were added, changed, retired or removed."},
  {"event_domain": "governance", "event_type": "outbox_partitions_made",
   "event_stream": "health", "delivery_lane": "delayed",   "severity": "info",
   "description": "Partitions of the outbox were made by a call, not by an emitter."},
  {"event_domain": "governance", "event_type": "outbox_partition_retired",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "warning",
   "description": "A partition of the outbox was recorded and dropped."},
  {"event_domain": "governance", "event_type": "routes_changed",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "Routes were added, changed or removed."},
  {"event_domain": "governance", "event_type": "route_worker_changed",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "A worker was registered, enabled, disabled, removed or rebaselined."},
  {"event_domain": "governance", "event_type": "delivery_changed",
   "event_stream": "alert",  "delivery_lane": "immediate", "severity": "notice",
   "description": "A fence, target or consumer was set; a dead letter or conflict was settled."}
]$entries$, 'runtime/010_event_types');

select * from public.fn_iu_check_event_types();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_event_types() as c
                where c.ok is not true));

commit;
