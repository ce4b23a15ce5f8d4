--! Title: Undo: what is granted to whom, and its probe

select iu_core.release_table('public.deployment_grant_matrix');

set local role workflow_admin;

drop function public.fn_iu_check_grants();
drop function public.fn_deployment_grant_probe();
drop function iu_core.forget_grants(text[]);
drop function iu_core.expect_grants(jsonb);
drop table    public.deployment_grant_matrix;

reset role;
