--! Title: Withdraw the gates again; refused (IU012) while one is open

begin;

select public.fn_iu_gate_withdraw(g.key, 'rollback/003_gates')
  -- The master gate first: everything else shares its lock.
  from unnest(array[
         'iu_core.routes_master_enabled',
         'cutter.execution_enabled',
         'iu_core.composer_enabled',
         'iu_core.delivery_enabled',
         'iu_core.operator_runtime_enabled',
         'iu_core.route_worker_enabled',
         'iu_core.structure_ops_enabled',
         'iu_enact.allow_no_review_decision'
       ]) as g (key);

commit;
