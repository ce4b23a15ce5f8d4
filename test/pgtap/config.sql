--! Title: Settings: set, unchanged, refused, with their history

begin;

select plan(14);

set local role iu_operator;

select is(public.fn_dot_config_set('archive.retention_years', '30', 'an operator', 'statute'),
          '{"status": "set", "key": "archive.retention_years", "value": "30", "previous": null}',
          'a setting is set');
select is(public.fn_dot_config_set('archive.retention_years', '30', 'an operator', 'statute')
            ->> 'status',
          'unchanged', 'set again it is unchanged');
select is(public.fn_dot_config_set('archive.retention_years', '10', 'an operator', 'amendment')
            ->> 'previous',
          '30', 'another value names the previous one');
select is(public.fn_dot_config_set('archive.retention_years', '10', 'an operator', 'described',
                                   'How long a superseded text is kept.') ->> 'status',
          'set', 'a new description is a change');
select is(public.fn_dot_config_set('archive.motto', '', 'an operator', 'none yet') ->> 'status',
          'set', 'an empty value is a value');

select throws_ok($$ select public.fn_dot_config_set('retention', '30', 'an operator', 'r') $$,
                 'IU004', null, 'a key without an area is refused');
select throws_ok($$ select public.fn_dot_config_set('archive.retention', null, 'a', 'r') $$,
                 'IU004', null, 'a value of null is refused');
select throws_ok($$ select public.fn_dot_config_set('archive.retention', '30', 'a', ' ') $$,
                 'IU004', null, 'a change without a reason is refused');
select throws_ok(
  $$ select public.fn_dot_config_set('iu_core.composer_enabled', 'true', 'an operator', 'try') $$,
  'IU015', null, 'a gate is no setting');
select throws_ok(
  $$ select public.fn_dot_config_set('archive.import_enabled', 'true', 'an operator', 'try') $$,
  'IU015', null, 'nor is what is named like one');

reset role;
select results_eq(
  $$ select old_value, new_value, actor, reason, login = session_user
       from public.dot_config_history
      where key = 'archive.retention_years'
      order by changed_at $$,
  $$ values (null::text, '30'::text, 'an operator'::text, 'statute'::text, true),
            ('30', '10', 'an operator', 'amendment', true),
            ('10', '10', 'an operator', 'described', true) $$,
  'every change is in the history, what changed nothing is not');

set local role iu_editor;
select throws_ok($$ select public.fn_dot_config_set('archive.retention', '30', 'an editor', 'r') $$,
                 '42501', null, 'an editor may not set a setting');
set local role context_pack_readonly;
select is((select value from public.dot_config where key = 'archive.retention_years'), '10',
          'a reader may read it');
set local role workflow_admin;
select throws_ok($$ select public.fn_dot_config_set('archive.retention', '30', 'an admin', 'r') $$,
                 'IU001', null, 'nobody sets one after SET ROLE workflow_admin');
reset role;

select * from finish();
rollback;
