--! Title: Declare the gates, each closed
--! Requires: 001_roles_check
--! Verify: runtime/004_verification.sql

begin;

select public.fn_iu_gate_declare(g.key, g.policy, g.description, 'runtime/003_gates')
  from (values
    ('iu_core.routes_master_enabled',      'standing', 'Writes events to the outbox.'),
    ('iu_core.route_worker_enabled',       'standing', 'Lets the route worker move its cursor.'),
    ('iu_core.delivery_enabled',           'standing', 'Lets deliveries have effects outside.'),
    ('iu_core.structure_ops_enabled',      'standing', 'Splits, merges, replaces and moves units.'),
    ('iu_core.composer_enabled',           'standing', 'Changes collections of units.'),
    ('iu_core.operator_runtime_enabled',   'standing', 'Lets the operator runtime apply commands.'),
    ('cutter.execution_enabled',           'lease',    'The kill-switch of cuts.'),
    ('iu_enact.allow_no_review_decision',  'never',    'Would enact without a review decision.')
  ) as g (key, policy, description)
 -- The master gate first: everything else shares its lock.
 order by g.key <> 'iu_core.routes_master_enabled', g.key collate "C";

select * from iu_core.check_gate_positions();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from iu_core.check_gate_positions() as c
                where c.ok is not true));

commit;
