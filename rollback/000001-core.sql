--! Title: Undo: core

set local role workflow_admin;

drop function public.fn_iu_check_roles();
drop function public.fn_iu_check_locks();
drop function iu_core.check_locks();
drop function iu_core.assert_no_failure(text[]);
drop function iu_core.assert_given(jsonb);
drop function iu_core.assert_read_committed();
drop function iu_core.raise_error(text, text, jsonb, text);
drop function iu_core.uuid_v7();
drop function iu_core.forget_errors(text[]);
drop function iu_core.register_errors(jsonb);
drop function iu_core.release_table(regclass);
drop function iu_core.protect_table(regclass, text, text, text[]);
drop table    iu_core.governed_table;
drop table    public.iu_error;
drop function iu_core.refuse_change();
drop function iu_core.refuse_direct_write();
drop schema   iu_core;

-- Equal to the built-in default again, so the entry in pg_default_acl goes away.
alter default privileges for role workflow_admin grant execute on functions to public;

reset role;
