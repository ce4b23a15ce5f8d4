--! Title: The outbox: types registered, events recorded, refused, deduplicated, partitions kept

begin;

select plan(104);

-- At rest, whatever the runtime scripts opened.
select public.fn_iu_gate_close(g.key, 'test/pgtap', 'at rest')
  from unnest(array['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled']) as g (key);
select public.fn_iu_route_worker_remove('iu_outbound_default', 'test/pgtap', 'at rest');
create temporary table at_rest as select coalesce(max(e.id), 0) as id from public.event_outbox e;
grant select on at_rest to public;

-- The event of a fact, as far as it can be known beforehand.
create function pg_temp.newest()
returns text
language sql
as $$
  select format('%s.%s %s %s %s of %s %s by %s: %s', e.event_domain, e.event_type, e.event_stream,
                e.delivery_lane, e.severity, e.subject_table, e.subject_ref, e.actor_ref,
                e.safe_payload)
    from public.event_outbox e
   order by e.id desc
   limit 1
$$;

create function pg_temp.events()
returns bigint
language sql
as $$ select count(*) from public.event_outbox e, at_rest r where e.id > r.id $$;

-- Event types, as a member of workflow_admin

select is(
  public.fn_iu_event_type_set(
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "notice", "description": "A treaty was signed."}]',
    'a DBA'),
  '{"written": 1, "unchanged": 0}', 'an event type is registered');
select is(
  public.fn_iu_event_type_set(
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "notice", "description": "A treaty was signed."}]',
    'a DBA'),
  '{"written": 0, "unchanged": 1}', 'registered again it is unchanged');
select is(public.fn_iu_event_type_set('[]', 'a DBA'), '{"written": 0, "unchanged": 0}',
          'no entries write nothing');
select throws_ok(
  format('select public.fn_iu_event_type_set(%L, %L)', e, 'a DBA'), 'IU004', null,
  'refused as an event type: ' || e)
  from unnest(array[
    '{}',
    '["treaty.signed"]',
    '[{"event_domain": "Treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "info", "description": "d"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "gossip",
       "delivery_lane": "delayed", "severity": "info", "description": "d"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "soon", "severity": "info", "description": "d"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "grave", "description": "d"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "info", "description": "d", "colour": "red"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
       "delivery_lane": "delayed", "severity": "info", "description": "d", "reserved": "yes"}]'
  ]) as e;
select throws_ok($$ select public.fn_iu_event_type_set('[]', ' ') $$,
                 'IU004', null, 'a change without an actor is refused');

select public.fn_iu_event_type_set(
  '[{"event_domain": "treaty", "event_type": "sealed", "event_stream": "update", "severity": "info",
     "delivery_lane": "delayed", "description": "A treaty was sealed.", "reserved": false},
    {"event_domain": "treaty", "event_type": "ratified", "event_stream": "update",
     "severity": "info", "delivery_lane": "delayed", "description": "Ratified.", "reserved": true},
    {"event_domain": "treaty", "event_type": "denounced", "event_stream": "alert",
     "severity": "info", "delivery_lane": "delayed", "description": "Denounced."}]', 'a DBA');
select is(
  public.fn_iu_event_type_remove('[{"event_domain": "treaty", "event_type": "denounced"}]', 'a DBA'),
  '{"removed": 1}', 'one is removed again');
select results_eq(
  $$ select h.event_type, h.entry ->> 'description', h.entry ->> 'reserved', h.actor,
            h.login = session_user
       from public.event_type_history h
      where h.event_domain = 'treaty'
      order by h.changed_at, h.event_type $$,
  $$ values ('signed'::text collate "C", 'A treaty was signed.'::text, 'false'::text,
             'a DBA'::text, true),
            ('denounced', 'Denounced.', 'false', 'a DBA', true),
            ('ratified', 'Ratified.', 'true', 'a DBA', true),
            ('sealed', 'A treaty was sealed.', 'false', 'a DBA', true),
            ('denounced', null, null, 'a DBA', true) $$,
  'each change is on record, and what changed nothing is not');
select throws_ok('delete from public.event_type_history', 'IU001', null,
                 'the record refuses direct writes');

-- With the gate closed nothing is recorded, and nothing is wrong

set local role iu_worker;
select is(public.fn_iu_emit_event('no_such', 'type', 'nowhere', 'x', 'a worker', '{"body": 1}'),
          '{"status": "gate_closed"}', 'a closed gate records nothing, and checks nothing');
select is(public.fn_iu_emit_events('[{"event_domain": "no_such"}]', 'a worker'),
          '{"status": "gate_closed", "recorded": 0, "duplicates": 0}', 'nor of many');
reset role;
select is(iu_core.emit_events(array[iu_core.fact('no_such', 't', null, null, null, '{"raw": 1}')],
                              null, null),
          0, 'nor of what a function reports');
select is(iu_core.outbox_is_open(), false, 'and the outbox says that it is closed');
select is(pg_temp.events(), 0::bigint, 'no event is there');
select is((select count(*) from public.v_iu_outbox_gaps where gap_to is null), 1::bigint,
          'it is so until somebody opens the gate');

-- Opened

set local role iu_operator;
select is(public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'an operator', 'publish',
                                 null) ->> 'status',
          'opened', 'the master gate is opened');
reset role;
select is(pg_temp.newest(),
          'governance.gate_opened alert immediate notice of public.iu_gate '
          'iu_core.routes_master_enabled by an operator: '
          '{"key": "iu_core.routes_master_enabled", "until": null}',
          'which is the first fact');

set local role iu_worker;
select is(public.fn_iu_emit_event('treaty', 'signed', 'public.treaty', 'Lissabon', 'a worker')
            ->> 'status',
          'recorded', 'an event is recorded');
reset role;
select is(pg_temp.newest(),
          'treaty.signed update delayed notice of public.treaty Lissabon by a worker: {}',
          'with stream, lane and severity of its type');
select results_eq(
  $$ select tx = pg_current_xact_id(), source_system, payload_classification::text,
            correlation_id is not null, occurred_at <= created_at
       from public.event_outbox order by id desc limit 1 $$,
  $$ values (true, 'external'::text, 'safe_metadata'::text, true, true) $$,
  'and with what the table adds');

-- In whose name

set local role iu_operator;
select throws_ok(
  $$ select public.fn_iu_emit_event('piece', 'created', 'public.information_unit', 'x', 'o') $$,
  'IU044', null, 'a forged fact of the core is refused');
select throws_ok(
  $$ select public.fn_iu_emit_events(
       '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t",
          "subject_ref": "x"},
         {"event_domain": "treaty", "event_type": "ratified", "subject_table": "t",
          "subject_ref": "x"}]', 'o', 'registry of treaties') $$,
  'IU044', null, 'and one among many');
select throws_ok(
  format('select public.fn_iu_emit_event(%L, %L, %L, %L, %L, p_source_system => %L)', 'treaty',
         'signed', 't', 'x', 'o', n),
  'IU044', null, format('nobody speaks as "%s"', n))
  from unnest(array['iu_core', ' IU_Core ']) as n;
select throws_ok($$ select public.fn_iu_emit_events('[]', 'o', 'iu_core') $$, 'IU044', null,
                 'nor of many');
select throws_ok($$ select public.fn_iu_emit_events('[]', 'o', ' ') $$, 'IU004', null,
                 'nor as nobody');
select is(
  public.fn_iu_emit_events(
    '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "x",
       "dedupe_key": "piece.enacted:1"}]', 'o', 'registry of treaties'),
  '{"status": "recorded", "recorded": 1, "duplicates": 0}',
  'another system has a name of its own');
select is(
  public.fn_iu_emit_event('treaty', 'signed', 't', 'x', 'o', '{}', null, 'piece.enacted:1')
    ->> 'status',
  'recorded', 'and keys of its own');
reset role;
select bag_eq(
  $$ select d.source_system from public.event_dedupe d where d.dedupe_key = 'piece.enacted:1' $$,
  $$ values ('external'::text), ('registry of treaties') $$, 'each under its name');

set local role iu_operator;
select throws_ok($$ select public.fn_iu_emit_event('treaty', 'broken', 't', 'x', 'o') $$,
                 'IU040', null, 'a type that is not registered is refused');
select throws_ok(
  format('select public.fn_iu_emit_event(%L, %L, %L, %L, %L, %L)', 'treaty', 'signed', 't', 'x',
         'o', p),
  'IU041', null, 'refused as a payload: ' || p)
  from unnest(array['{"body": "text"}', '{"a": [{"b": {"Password": null}}]}', '{"a": 1, "RAW": {}}',
                    '{"personal_data": []}']) as p;
select throws_ok(
  $$ select public.fn_iu_emit_event('treaty', 'signed', 't', 'x', 'o', '{}', null, null, null,
                                    '{"by": {"token": "t"}}') $$,
  'IU041', null, 'and as a causation');
select is(
  public.fn_iu_emit_event(
    'treaty', 'signed', 't', 'x', 'o',
    '{"content_hash": "ab", "x\"body": 1, "says": "{\"body\": 1}, \"raw\":", "bodyguard": {}}')
    ->> 'status',
  'recorded', 'a key that only looks like one is not refused');
select throws_ok(
  format('select public.fn_iu_emit_event(%s)', a), 'IU004', null, 'refused as arguments: ' || a)
  from unnest(array[
    $$'treaty', 'signed', 't', 'x', ' '$$,
    $$'treaty', 'signed', 't', '', 'o'$$,
    $$'treaty', 'signed', 't', 'x', 'o', '[]'$$,
    $$'treaty', 'signed', 't', 'x', 'o', '{}', null, ''$$,
    $$'treaty', 'signed', 't', 'x', 'o', '{}', null, repeat('k', 501)$$,
    $$'treaty', 'signed', 't', 'x', 'o', '{}', null, null, null, '"because"'$$
  ]) as a;

-- Once

select is(
  public.fn_iu_emit_event('treaty', 'signed', 't', 'x', 'o', '{}', null, 'signed:1') ->> 'status',
  'recorded', 'an event with a key is recorded');
select ok(
  r.again ->> 'status' = 'duplicate'
    and num_nulls(r.again ->> 'event_id', r.again ->> 'event_uid') = 0,
  'with the same key it is a duplicate, and the first one is named')
  from (select public.fn_iu_emit_event('treaty', 'signed', 't', 'y', 'o', '{}', null, 'signed:1')
               as again) as r;
select is(
  public.fn_iu_emit_events(
    '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "1",
       "dedupe_key": "signed:1"},
      {"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "2",
       "dedupe_key": "signed:2", "safe_payload": {"n": 2}},
      {"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "3",
       "dedupe_key": "signed:2", "safe_payload": null},
      {"event_domain": "treaty", "event_type": "signed", "subject_table": "t",
       "subject_ref": "4"}]',
    'an operator'),
  '{"status": "recorded", "recorded": 2, "duplicates": 2}',
  'of many, those known from before or from the array are not recorded again');
select is(public.fn_iu_emit_events('[]', 'an operator'),
          '{"status": "recorded", "recorded": 0, "duplicates": 0}', 'none of none');
select throws_ok(
  format('select public.fn_iu_emit_events(%L, %L)', e, 'an operator'), 'IU004', null,
  'refused as events: ' || e)
  from unnest(array[
    '{}', '[7]',
    '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "x",
       "safe_payload": "p"}]',
    '[{"event_domain": "treaty", "event_type": "signed", "subject_table": "t", "subject_ref": "x",
       "event_stream": "alert"}]'
  ]) as e;
reset role;
select is((select count(distinct correlation_id) from public.event_outbox
            where subject_ref in ('2', '4')),
          1::bigint, 'the events of one call are one operation');

-- Event types in use

select throws_ok(
  $$ select public.fn_iu_event_type_remove('[{"event_domain": "treaty", "event_type": "signed"}]',
                                           'a DBA') $$,
  'IU043', null, 'an event type with events is not removed');
select is(
  public.fn_iu_event_type_remove('[{"event_domain": "piece", "event_type": "alias_added"},
                                   {"event_domain": "piece", "event_type": "sung"}]', 'a DBA'),
  '{"removed": 1}', 'one without is; one that is not there is passed over');
select is(
  public.fn_iu_event_type_remove('[{"event_domain": "piece", "event_type": "alias_added"}]',
                                 'a DBA'),
  '{"removed": 0}', 'removed again nothing is');
select throws_ok($$ select public.fn_iu_event_type_remove('["piece.created"]', 'a DBA') $$,
                 'IU004', null, 'what is no list of types is refused');
select is(
  public.fn_iu_event_type_set(
    '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update", "active": false,
       "delivery_lane": "delayed", "severity": "notice", "description": "A treaty was signed."}]',
    'a DBA') ->> 'written',
  '1', 'an event type is retired');
select throws_ok($$ select public.fn_iu_emit_event('treaty', 'signed', 't', 'x', 'o') $$,
                 'IU040', null, 'then it is not recorded any more');

-- Partitions

set local role iu_operator;
select is(public.fn_iu_outbox_make_partitions(5, 'an operator'),
          '{"status": "made", "partitions": ["event_outbox_p5"]}', 'a partition is made ahead');
select is(public.fn_iu_outbox_make_partitions(5, 'an operator'),
          '{"status": "unchanged", "partitions": []}', 'then it is there');
select throws_ok(
  format('select public.fn_iu_outbox_make_partitions(%L, %L)', n, 'o'), 'IU004', null,
  coalesce(n::text, 'null') || ' ahead is refused')
  from unnest(array[-1, 101, null]) as n;
select throws_ok($$ select public.fn_iu_outbox_retire_partition(0, 'an operator', 'statute') $$,
                 'IU042', null, 'the partition that is written to is not retired');
select throws_ok($$ select public.fn_iu_outbox_retire_partition(null, 'an operator', 'statute') $$,
                 'IU004', null, 'nor none');
select throws_ok($$ select public.fn_iu_outbox_retire_partition(0, 'an operator', ' ') $$,
                 'IU004', null, 'nor for no reason');
select ok(bool_and(c.ok), 'every check is ok') from public.fn_iu_check_outbox() as c;
select results_eq(
  $$ select c.scenario from public.fn_iu_check_event_types() as c where not c.ok $$,
  $$ values ('piece.alias_added is registered'::text) $$,
  'of the types that functions emit only the one removed above is not registered');
reset role;

select throws_ok('insert into public.event_outbox_p0 select * from public.event_outbox',
                 'IU001', null, 'a partition refuses direct writes by itself');
select throws_ok('truncate public.event_outbox_p1', 'IU001', null, 'and TRUNCATE');
select is((select count(*) from iu_core.governed_table where class = 'runtime-object'), 6::bigint,
          'each is declared');

-- Near the end of a partition; the ids are moved on, as a million events would

select setval('public.event_outbox_id_seq', 2999999);
select is(public.fn_iu_emit_event('treaty', 'sealed', 't', 'x', 'o') ->> 'event_id', '3000000',
          'an event is the first of its partition');
select is(array(select p.partition_number from iu_core.outbox_partitions() as p order by 1),
          array[0, 1, 2, 3, 4, 5, 6, 7], 'then partitions were made ahead');
select ok(bool_and(c.ok), 'of which every check is ok') from public.fn_iu_check_outbox() as c;
create temporary table digest as select d.* from iu_core.outbox_digest(0, 999999) as d;
set local role iu_operator;
select throws_ok($$ select public.fn_iu_outbox_retire_partition(1, 'an operator', 'statute') $$,
                 'IU042', null, 'a partition is not retired before the one before it');
reset role;
select is(
  public.fn_iu_outbox_retire_partition(0, 'an operator', 'statute'),
  jsonb_build_object('status', 'retired', 'partition', 0, 'from_id', 0, 'to_id', 999999,
                     'events', d.events, 'digest', d.digest),
  'the oldest is retired')
  from digest d;
select is(pg_temp.newest(),
          format('governance.outbox_partition_retired alert immediate warning of '
                 'public.event_outbox_retention 0 by an operator: {"to_id": 999999, "events": %s, '
                 '"from_id": 0, "partition": 0}', d.events),
          'which is a fact')
  from digest d;
select is(public.fn_iu_outbox_retire_partition(0, 'an operator', 'statute') ->> 'status',
          'already_retired', 'retired again it is already retired');
select is((select count(*) from public.event_outbox where id < 1000000), 0::bigint,
          'its events are gone');
select is(public.fn_iu_emit_event('treaty', 'sealed', 't', 'x', 'o', '{}', null, 'signed:2')
            - 'event_id',
          '{"status": "duplicate", "event_uid": null}', 'but their keys are still known');
select throws_ok('delete from public.event_outbox_retention', 'IU001', null,
                 'what was retired stays on record');
select ok(bool_and(c.ok), 'every check is ok without it') from public.fn_iu_check_outbox() as c;

-- Closed again

select is(public.fn_iu_gate_close('iu_core.routes_master_enabled', 'an operator', 'enough')
            ->> 'status', 'closed', 'the master gate is closed');
select is(pg_temp.newest(),
          'governance.gate_closed alert immediate info of public.iu_gate '
          'iu_core.routes_master_enabled by an operator: {"key": "iu_core.routes_master_enabled"}',
          'which is the last fact');
select is(public.fn_iu_emit_event('treaty', 'sealed', 't', 'x', 'o') ->> 'status', 'gate_closed',
          'then nothing is recorded');
select results_eq(
  $$ select gap_from is null, gap_to is null, cause, actor, reason from public.v_iu_outbox_gaps
      order by gap_from desc nulls last limit 1 $$,
  $$ values (false, true, 'closed'::text, 'an operator'::text, 'enough'::text) $$,
  'and there is another gap');

-- Roles

set local role iu_editor;
select throws_ok($$ select public.fn_iu_emit_event('treaty', 'sealed', 't', 'x', 'e') $$,
                 '42501', null, 'an editor may not emit');
select throws_ok($$ select public.fn_iu_emit_events('[]', 'e') $$, '42501', null, 'nor many');
select throws_ok($$ select * from public.fn_iu_check_outbox() $$, '42501', null, 'nor check');
select throws_ok($$ select * from public.fn_iu_check_event_types() $$, '42501', null, 'nor types');
set local role iu_worker;
select throws_ok($$ select public.fn_iu_outbox_retire_partition(0, 'w', 'r') $$,
                 '42501', null, 'a worker may not retire a partition');
select throws_ok($$ select public.fn_iu_event_type_set('[]', 'w') $$,
                 '42501', null, 'nor register a type');
set local role iu_operator;
select throws_ok($$ select public.fn_iu_event_type_remove('[]', 'o') $$,
                 '42501', null, 'nor may an operator remove one');
select throws_ok($$ select public.fn_iu_outbox_make_partitions(9, 'o') from public.event_outbox $$,
                 '42501', null, 'nor read events');
set local role context_pack_readonly;
select throws_ok($$ select public.fn_iu_outbox_make_partitions(9, 'r') $$,
                 '42501', null, 'a reader may not make partitions');
select isnt_empty($$ select * from public.event_outbox $$, 'but read events');
set local role workflow_admin;
select throws_ok($$ select public.fn_iu_outbox_make_partitions(9, 'a') $$,
                 'IU001', null, 'nobody makes partitions after SET ROLE workflow_admin');
select throws_ok(
  $$ select public.fn_iu_event_type_set(
       '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
          "delivery_lane": "delayed", "severity": "notice", "description": "Signed."}]', 'a') $$,
  'IU001', null, 'nor registers a type');
reset role;

select * from finish();
rollback;
