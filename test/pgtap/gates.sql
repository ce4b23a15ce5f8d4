--! Title: Gates: declared, opened, held, closed, withdrawn

begin;

select plan(45);

-- At rest, whatever the runtime scripts opened.
select public.fn_iu_gate_close(g.key, 'test/pgtap', 'at rest')
  from unnest(array['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled']) as g (key);

-- Declaring, as a member of workflow_admin

select is(public.fn_iu_gate_declare('archive.export_enabled', 'standing', 'Writes exports.',
                                    'test/pgtap/gates') ->> 'status',
          'declared', 'a gate is declared');
select is(public.fn_iu_gate_declare('archive.export_enabled', 'standing', 'Writes exports.',
                                    'test/pgtap/gates') ->> 'status',
          'unchanged', 'declared again it is unchanged');
select is(public.fn_iu_gate_declare('archive.purge_enabled', 'lease', 'Purges the archive.',
                                    'test/pgtap/gates') ->> 'status',
          'declared', 'a gate that needs a lease is declared');
select is(public.fn_iu_gate_declare('archive.skip_review_enabled', 'never', 'Skips the review.',
                                    'test/pgtap/gates') ->> 'status',
          'declared', 'a gate that never opens is declared');
select throws_ok(
  $$ select public.fn_iu_gate_declare('archive.export_enabled', 'sometimes', 'Writes exports.',
                                      'test/pgtap/gates') $$,
  'IU004', null, 'another policy is refused');
select throws_ok(
  $$ select public.fn_iu_gate_declare('archive.export_enabled', 'standing', ' ',
                                      'test/pgtap/gates') $$,
  'IU004', null, 'a gate without a description is refused');
select ok(not public.fn_iu_gate_is_open('archive.export_enabled'), 'a declared gate is closed');

-- Opening, as an operator

set local role iu_operator;

select throws_ok(
  $$ select public.fn_iu_gate_open('archive.exports_enabled', null, 'an operator', 'typo', 60) $$,
  'IU011', null, 'a key that is not declared is refused');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.export_enabled', null, 'an operator', '', 60) $$,
  'IU004', null, 'an opening without a reason is refused');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.export_enabled', null, 'an operator', 'long', 86401) $$,
  'IU004', null, 'a lease of more than a day is refused');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.skip_review_enabled', null, 'an operator', 'try', 60) $$,
  'IU013', null, 'a never-flip key is not opened');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.purge_enabled', null, 'an operator', 'try', null) $$,
  'IU014', null, 'a gate that needs a lease is not opened for good');

select is(public.fn_iu_gate_open('archive.export_enabled', null, 'an operator', 'yearly export',
                                 null),
          '{"status": "opened", "key": "archive.export_enabled", "until": null,
            "lease_token": null}',
          'a gate is opened for good');
select is(public.fn_iu_gate_open('archive.export_enabled', null, 'an operator', 'yearly export',
                                 null) ->> 'status',
          'already_open', 'opened for good again it is already open');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.export_enabled', null, 'an operator', 'lease', 60) $$,
  'IU012', null, 'an open gate is not turned into a lease');
select ok(public.fn_iu_gate_is_open('archive.export_enabled'), 'then it is open');

select isnt(public.fn_iu_gate_open('archive.purge_enabled', gen_random_uuid(), 'a driver',
                                   'retention ran out', 60) ->> 'lease_token',
            null, 'a gate opens under a lease');
select throws_ok(
  $$ select public.fn_iu_gate_open('archive.purge_enabled', null, 'another driver', 'too', 60) $$,
  'IU012', null, 'while it lasts nobody else gets one');
select is(public.fn_iu_gate_verify_closed() ->> 'all_safe', 'false',
          'verification says that something is open');
select is(public.fn_iu_gate_verify_closed() ->> 'never_flip_intact', 'true',
          'and that never-flip keys are intact');
select is(
  (select array_agg(c.scenario order by c.scenario)
     from public.fn_iu_check_gates() as c where not c.ok),
  array['archive.export_enabled is closed', 'archive.purge_enabled is closed'],
  'the check names the open gates');

-- What acts behind a gate (the owner's own business: no role may call it)

reset role;
select lives_ok($$ select iu_core.assert_gate_open('archive.purge_enabled') $$,
                'what acts behind an open gate goes on');
select throws_ok($$ select iu_core.assert_gate_open('iu_core.composer_enabled') $$,
                 'IU010', null, 'behind a closed one it is refused');
select throws_ok($$ select iu_core.assert_gate_open('no.such_enabled') $$,
                 'IU010', null, 'behind one that nobody declared, too');
select throws_ok(
  $$ select public.fn_iu_gate_declare('archive.purge_enabled', 'standing', 'Purges.', 'a DBA') $$,
  'IU012', null, 'an open gate is not declared anew');
select throws_ok($$ select public.fn_iu_gate_withdraw('archive.purge_enabled', 'a DBA') $$,
                 'IU012', null, 'nor withdrawn');

-- Closing

set local role iu_operator;
select throws_ok($$ select public.fn_iu_gate_close('archive.purges_enabled', 'a', 'typo') $$,
                 'IU011', null, 'a key that is not declared cannot be closed');
select throws_ok($$ select public.fn_iu_gate_close('archive.purge_enabled', '', 'done') $$,
                 'IU004', null, 'nor can it without an actor');
select is(public.fn_iu_gate_close('archive.purge_enabled', 'another operator', 'done') ->> 'status',
          'closed', 'any operator closes a gate');
select is(public.fn_iu_gate_close('archive.purge_enabled', 'another operator', 'done') ->> 'status',
          'already_closed', 'closed again it is already closed');
select is(public.fn_iu_gate_close('archive.export_enabled', 'an operator', 'done') ->> 'status',
          'closed', 'a standing gate is closed');
select ok((public.fn_iu_gate_verify_closed() ->> 'all_safe')::boolean, 'then all are safe');
select ok(bool_and(c.ok), 'and every check is ok') from public.fn_iu_check_gates() as c;
reset role;

select results_eq(
  $$ select seq, from_state, to_state, actor, login = session_user
       from public.iu_gate_transition
      where gate_key = 'archive.purge_enabled'
      order by seq $$,
  $$ values (1, 'closed'::text, 'open'::text, 'a driver'::text, true),
            (2, 'open', 'closed', 'another operator', true) $$,
  'every move is a transition');

select ok(not public.fn_iu_gate_is_open(null), 'null is no open gate');

-- Withdrawing

select is(public.fn_iu_gate_withdraw('archive.export_enabled', 'a DBA') ->> 'status',
          'withdrawn', 'a closed gate is withdrawn');
select is(public.fn_iu_gate_withdraw('archive.export_enabled', 'a DBA') ->> 'status',
          'absent', 'withdrawn again it is absent');
select throws_ok($$ select public.fn_iu_gate_withdraw('archive.purge_enabled', null) $$,
                 'IU004', null, 'withdrawing needs an actor');
select is((select count(*) from public.iu_gate_transition where gate_key = 'archive.export_enabled'),
          2::bigint, 'its transitions stay');

-- The wrong role

set local role iu_editor;
select throws_ok($$ select public.fn_iu_gate_open('archive.purge_enabled', null, 'e', 'r', 60) $$,
                 '42501', null, 'an editor may not open a gate');
select throws_ok($$ select public.fn_iu_gate_close('archive.purge_enabled', 'e', 'r') $$,
                 '42501', null, 'nor close one');
select throws_ok($$ select public.fn_iu_gate_is_open('archive.purge_enabled') $$,
                 '42501', null, 'nor ask');
set local role iu_operator;
select throws_ok($$ select public.fn_iu_gate_declare('a.b_enabled', 'never', 'd', 'an operator') $$,
                 '42501', null, 'an operator may not declare a gate');
select throws_ok($$ select public.fn_iu_gate_withdraw('archive.purge_enabled', 'an operator') $$,
                 '42501', null, 'nor withdraw one');
set local role workflow_admin;
select throws_ok($$ select public.fn_iu_gate_open('archive.purge_enabled', null, 'a', 'r', 60) $$,
                 'IU001', null, 'nobody opens a gate after SET ROLE workflow_admin');
reset role;

select * from finish();
rollback;
