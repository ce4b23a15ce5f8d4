--! Title: Register the outbound routes, each disabled and a dry run
--! Requires: 010_event_types
--! Verify: runtime/040_route_verification.sql

begin;

-- What is left out here stays as it is: a route that was enabled later is not disabled by a re-run.
select public.fn_iu_route_set($routes$[
  {"route_code": "piece.any.report", "event_domain": "piece", "event_type": "*",
   "target_kind": "report", "target_ref": "report:pieces",
   "description": "What happens to units, line by line."},
  {"route_code": "piece.enacted.workflow", "event_domain": "piece", "event_type": "enacted",
   "target_kind": "workflow", "target_ref": "workflow:piece_enacted",
   "description": "A version came into force."},
  {"route_code": "piece.superseded.workflow", "event_domain": "piece", "event_type": "superseded",
   "target_kind": "workflow", "target_ref": "workflow:piece_superseded",
   "description": "A version was replaced."},
  {"route_code": "piece.retired.workflow", "event_domain": "piece", "event_type": "retired",
   "target_kind": "workflow", "target_ref": "workflow:piece_retired",
   "description": "A unit went out of use."},
  {"route_code": "document.edition_frozen.report", "event_domain": "document",
   "event_type": "edition_frozen", "target_kind": "report", "target_ref": "report:editions",
   "description": "A document has a new edition."},
  {"route_code": "review.decided.report", "event_domain": "review", "event_type": "decided",
   "target_kind": "report", "target_ref": "report:reviews",
   "description": "A review decision was made."},
  {"route_code": "governance.alert.report", "event_domain": "governance", "event_type": "*",
   "event_stream": "alert", "target_kind": "report", "target_ref": "report:alerts",
   "description": "Gates, settings, retirements: what somebody should notice."}
]$routes$, 'runtime/020_routes');

select 'the routes are registered'                                          as scenario,
       count(*) = 7                                                         as ok,
       count(*) filter (where r.enabled) || ' of ' || count(*) || ' enabled' as detail
  from public.iu_outbound_route r
 where r.route_code in ('piece.any.report', 'piece.enacted.workflow', 'piece.superseded.workflow',
                        'piece.retired.workflow', 'document.edition_frozen.report',
                        'review.decided.report', 'governance.alert.report');

commit;
