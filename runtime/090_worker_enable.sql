--! Title: Enable the route worker: open its gate, and one committed run
--! Requires: 070_worker_verification
--! Verify: runtime/100_live_verification.sql

begin;

select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'runtime/090_worker_enable',
                              'the worker routes; all routes run dry', null);
select public.fn_iu_route_worker_enable(
         'iu_outbound_default', 'runtime/090_worker_enable', 'the worker routes');

-- The first run after an enable leaves a generation, whatever it sees; later ones when there is
-- something to say. More than one page is left to whoever runs it from now on.
select 'the worker ran'                                as scenario,
       r.answer ->> 'status' in ('ran', 'idle')        as ok,
       r.answer::text                                  as detail
  from (select public.fn_iu_route_worker_run('iu_outbound_default') as answer) as r;

commit;
