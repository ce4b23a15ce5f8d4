--! Title: What is granted: the matrix and the catalogs, both ways

begin;

select plan(19);

select is_empty($$ select * from public.fn_deployment_grant_probe() $$,
                'nothing differs between the matrix and the catalogs');
select is((select count(*) from public.fn_iu_check_grants() as c where c.ok), 8::bigint,
          'the check of each type of object is ok');
select ok(bool_and(c.ok), 'every governed table has its locks on') from public.fn_iu_check_locks() as c;

-- Something is missing, something is too much

revoke execute on function public.fn_iu_get(text) from iu_editor;
grant truncate on public.unit_version to iu_worker;
grant usage on schema iu_core to public;

select results_eq(
  $$ select p.delta, p.privilege, p.object, p.grantee, p.ddl
       from public.fn_deployment_grant_probe() as p $$,
  $$ values
     ('excess'::text, 'USAGE'::text, 'iu_core'::text, 'PUBLIC'::text,
      'revoke usage on schema iu_core from public;'::text),
     ('excess', 'TRUNCATE', 'public.unit_version', 'iu_worker',
      'revoke truncate on table public.unit_version from iu_worker;'),
     ('missing', 'EXECUTE', 'public.fn_iu_get(text)', 'iu_editor',
      'grant execute on function public.fn_iu_get(text) to iu_editor;') $$,
  'each difference is named with the statement that mends it');
select results_eq(
  $$ select c.scenario, c.detail from public.fn_iu_check_grants() as c where not c.ok $$,
  $$ values
     ('grants on schemas are as the matrix says'::text,
      'excess USAGE on iu_core of PUBLIC'::text),
     ('grants on tables are as the matrix says',
      'excess TRUNCATE on public.unit_version of iu_worker'),
     ('grants on functions are as the matrix says',
      'missing EXECUTE on public.fn_iu_get(text) of iu_editor') $$,
  'and fails the check of its type');

-- Expecting and forgetting

select lives_ok(
  $$ select iu_core.expect_grants(
       '[{"object": "public.unit_version", "type": "table",
          "grantees": ["iu_worker"], "privileges": ["TRUNCATE"]},
         {"object": "public.fn_iu_publish(text)", "type": "function",
          "grantees": [], "privileges": []}]') $$,
  'the owner of the objects says what it expects');
select lives_ok(
  $$ select iu_core.expect_grants(
       '[{"object": "public.unit_version", "type": "table",
          "grantees": ["iu_worker"], "privileges": ["TRUNCATE"]}]') $$,
  'and may say it again');
select results_eq(
  $$ select p.delta, p.object from public.fn_deployment_grant_probe() as p
      where p.object_type in ('table', 'function') $$,
  $$ values ('missing_object'::text, 'public.fn_iu_publish(text)'::text),
            ('missing', 'public.fn_iu_get(text)') $$,
  'what is expected is no excess, and an object that is not there is missing');
select lives_ok($$ select iu_core.forget_grants('{public.fn_iu_publish(text),public.motto}') $$,
                'an object is forgotten, and one that nobody expected is passed over');
select is_empty(
  $$ select * from public.fn_deployment_grant_probe() as p where p.delta = 'missing_object' $$,
  'then nobody misses it');
select throws_ok(
  $$ select iu_core.expect_grants(
       '[{"object": "public.unit_version", "type": "table",
          "grantees": ["public"], "privileges": ["SELECT"]}]') $$,
  '23514', null, 'nothing is ever expected of PUBLIC');
select throws_ok($$ delete from public.deployment_grant_matrix $$,
                 'IU001', null, 'nobody writes to the matrix directly');

-- A lock that is off

alter table public.iu_gate disable trigger iu_lock_1_write;
select results_eq(
  $$ select c.scenario, c.detail from public.fn_iu_check_locks() as c where not c.ok $$,
  $$ values ('public.iu_gate has its locks on'::text,
             'not there or not enabled: lock 1'::text) $$,
  'a lock that is off is named');

-- Gates, with who moved them

set local role iu_operator;
select lives_ok(
  $$ select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'J. Madison', 'amend', 60) $$,
  'an operator opens a gate');
select results_eq(
  $$ select l.policy, l.state, l.holder, l.reason, l.until > l.since, l.safe
       from public.fn_iu_gate_list() as l
      where l.key in ('iu_core.composer_enabled', 'iu_core.delivery_enabled')
      order by l.key $$,
  $$ values ('standing'::text, 'open'::text, 'J. Madison'::text, 'amend'::text, true, false),
            ('standing', 'closed', null, null, null, true) $$,
  'the list says who holds it, and of a gate that never moved nothing');

-- The wrong role

select throws_ok($$ select iu_core.expect_grants('[]') $$, '42501', null,
                 'an operator may not say what is expected');
set local role iu_worker;
select throws_ok($$ select * from public.fn_deployment_grant_probe() $$, '42501', null,
                 'a worker may not ask for the differences');
select throws_ok($$ select * from public.fn_iu_gate_list() $$, '42501', null,
                 'nor for the list of gates');
set local role workflow_admin;
select throws_ok($$ select iu_core.expect_grants('[{"object": "a", "type": "type"}]') $$,
                 'IU001', null, 'nobody says what is expected after SET ROLE workflow_admin');
reset role;

select * from finish();
rollback;
