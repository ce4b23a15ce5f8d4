--! Title: Roles: who may call which function, and nothing else

begin;

select plan(7);

set local role iu_operator;
select throws_ok($$ select * from public.fn_iu_check_units() as u, public.fn_iu_create_many('[]', 'o') $$,
                 '42501', null, 'an operator may check units and not create them');
reset role;

select ok(bool_and(c.ok), 'the roles are there and their duties apart')
  from public.fn_iu_check_roles() as c;

select is_empty(
  $$ select p.oid::regprocedure
       from pg_proc p
       join pg_roles r on r.rolname in ('cutter_exec', 'cutter_verify', 'cutter_approver',
                                        'iu_operator', 'iu_worker', 'iu_editor',
                                        'context_pack_readonly')
      where p.pronamespace = 'iu_core'::regnamespace
        and (has_schema_privilege(r.oid, 'iu_core', 'usage')
             or has_function_privilege(r.oid, p.oid, 'execute')) $$,
  'nobody is granted the internals');

select is_empty(
  $$ select c.oid::regclass, r.rolname
       from pg_class c
       join pg_roles r on r.rolname in ('cutter_exec', 'cutter_verify', 'cutter_approver',
                                        'iu_operator', 'iu_worker', 'iu_editor',
                                        'context_pack_readonly')
      where c.relowner = 'workflow_admin'::regrole
        and c.relkind in ('r', 'p', 'v')
        and has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate') $$,
  'nobody may write to a table');

-- A check fails loudly

select lives_ok($$ select iu_core.assert_no_failure('{}') $$, 'checks that are ok pass');
select throws_ok($$ select iu_core.assert_no_failure('{"Art 1 is missing"}') $$,
                 'IU005', 'IU005 check_failed: 1 of the checks failed: Art 1 is missing',
                 'one that is not stops the script');

set local role iu_editor;
select throws_ok($$ select * from public.fn_iu_check_roles() $$,
                 '42501', null, 'an editor may not run the check of roles');
reset role;

select * from finish();
rollback;
