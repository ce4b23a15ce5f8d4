-- The roles of IU Core, and what workflow_admin needs on this database.
--
-- Run by the installing login on every database before its migrations; plain psql can run it too.
-- It writes only what is missing, so a second run writes nothing. The login needs CREATEROLE and
-- must own the database; where it may not do a step, the error lists the statements to ask for.
-- All roles are NOLOGIN and have no password: a DBA grants them to logins.
--
--   workflow_admin         owns everything; granted to the logins that migrate, to nobody else
--   cutter_exec            cuts documents
--   cutter_verify          verifies cuts; another principal than the executor
--   cutter_approver        records approvals; can neither cut nor verify
--   iu_operator            operator runtime, settings, gates
--   iu_worker              route worker and delivery
--   iu_editor              drafts
--   context_pack_readonly  reads

do $roles$
declare
  v_missing   text[];
  v_statement text;
begin
  for v_round in 1..2 loop
    v_missing := array(
      select s.statement
        from (
          select 1 as step, format('create role %I nologin', r.name) as statement
            from unnest(array['workflow_admin', 'cutter_exec', 'cutter_verify', 'cutter_approver',
                              'iu_operator', 'iu_worker', 'iu_editor',
                              'context_pack_readonly']) as r (name)
           where to_regrole(r.name) is null
          union all
          -- Since 16 the creator of a role only administers it; being it must be granted as well.
          select 2, case when current_setting('server_version_num')::integer >= 160000
                         then format('grant workflow_admin to %I with inherit true, set true',
                                     current_user)
                         else format('grant workflow_admin to %I', current_user)
                    end
           where case when current_setting('server_version_num')::integer >= 160000
                      then pg_has_role(to_regrole('workflow_admin'), 'usage') is not true
                        or pg_has_role(to_regrole('workflow_admin'), 'set') is not true
                      else pg_has_role(to_regrole('workflow_admin'), 'usage') is not true
                 end
          union all
          select 3, format('grant create on database %I to workflow_admin', current_database())
           where has_database_privilege(to_regrole('workflow_admin'), current_database(), 'create')
                 is not true
          union all
          select 4, 'grant usage, create on schema public to workflow_admin'
           where has_schema_privilege(to_regrole('workflow_admin'), 'public', 'usage') is not true
              or has_schema_privilege(to_regrole('workflow_admin'), 'public', 'create') is not true
        ) as s
       order by s.step, s.statement
    );
    exit when v_missing = '{}';

    if v_round = 2 then
      raise exception 'IU Core cannot be installed by %: % statement(s) are beyond its rights',
                      current_user, cardinality(v_missing)
        using errcode = 'insufficient_privilege',
              hint    = 'Ask a DBA to run on this database: '
                        || array_to_string(v_missing, '; ') || ';';
    end if;

    -- What fails here is still missing in the second round, which names it.
    foreach v_statement in array v_missing loop
      begin
        execute v_statement;
      exception
        when duplicate_object or unique_violation then null;  -- another run made it
        when insufficient_privilege or undefined_object then null;
      end;
    end loop;
  end loop;
end
$roles$;
