--! Title: Undo the roles check: it wrote nothing, so there is nothing to undo

begin;

select 'the roles are still there' as scenario,
       count(*) = 8                as ok,
       count(*) || ' roles'        as detail
  from pg_catalog.pg_roles r
 where r.rolname in ('workflow_admin', 'cutter_exec', 'cutter_verify', 'cutter_approver',
                     'iu_operator', 'iu_worker', 'iu_editor', 'context_pack_readonly');

commit;
