import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { REAL_PROJECT, servers } from '../support/index.ts';
import { outcome, rows, schemaDatabase, session, sharedDatabase, value } from './support.ts';

const OURS = "in ('public', 'iu_core', 'cutter_governance')";
const FUNCTIONS = `pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname ${OURS}`;

/** The first column of a query, as a list. */
const list = async (client: pg.Client, text: string) =>
  (await rows<{ name: string }>(client, `select q.name from (${text}) as q (name) order by 1`)).map(
    ({ name }) => name,
  );

/** What must not be there, by rule: each query lists the offenders. */
const OFFENDERS: Record<string, string> = {
  'a function not owned by workflow_admin': `
    select p.oid::regprocedure::text from ${FUNCTIONS} where p.proowner <> 'workflow_admin'::regrole`,
  'a table, view or sequence not owned by workflow_admin': `
    select c.oid::regclass::text from pg_class c
     where c.relnamespace::regnamespace::text ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'S')
       and c.relowner <> 'workflow_admin'::regrole`,
  'a security definer function without a pinned search_path': `
    select p.oid::regprocedure::text from ${FUNCTIONS}
     where p.prosecdef
       and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)`,
  'a function with a body of text and no pinned search_path': `
    select p.oid::regprocedure::text from ${FUNCTIONS}
     where p.prosqlbody is null
       and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)`,
  'a function that PUBLIC may execute': `
    select p.oid::regprocedure::text from ${FUNCTIONS}
     cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
     where a.grantee = 0`,
  'a table that PUBLIC may read or write': `
    select c.oid::regclass::text from pg_class c
     cross join lateral aclexplode(c.relacl) as a
     where c.relnamespace::regnamespace::text ${OURS} and a.grantee = 0`,
  'an internal that somebody is granted': `
    select p.oid::regprocedure::text || ' to ' || a.grantee::regrole from ${FUNCTIONS}
     cross join lateral aclexplode(p.proacl) as a
     where n.nspname = 'iu_core' and a.grantee <> p.proowner`,
  'a function whose literals change with the session, as they hold a backslash': `
    select p.oid::regprocedure::text from ${FUNCTIONS} where strpos(p.prosrc, chr(92)) > 0`,
  'a function without a comment': `
    select p.oid::regprocedure::text from ${FUNCTIONS} where obj_description(p.oid, 'pg_proc') is null`,
  'a table, view or composite type without a comment': `
    select c.oid::regclass::text from pg_class c
     where c.relnamespace::regnamespace::text ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'c')
       and coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) is null`,
  'a column without a comment': `
    select c.oid::regclass || '.' || a.attname from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace::regnamespace::text ${OURS} and c.relkind in ('r', 'p', 'v', 'm')
       and col_description(c.oid, a.attnum) is null`,
  'a schema of ours without a comment': `
    select n.nspname from pg_namespace n
     where n.nspname ${OURS} and obj_description(n.oid, 'pg_namespace') is null`,
  'a constraint whose name the server made up': `
    select k.conrelid::regclass || ': ' || k.conname from pg_constraint k
     where k.connamespace::regnamespace::text ${OURS} and k.contype <> 'n'
       and k.conname ~ '_(pkey|key|check|fkey|excl)[0-9]*$'`,
  'a foreign key that deletes or sets null, or a constraint that is put off': `
    select k.conrelid::regclass || ': ' || k.conname from pg_constraint k
     where k.connamespace::regnamespace::text ${OURS}
       and (k.contype = 'f' and (k.confdeltype <> 'a' or k.confupdtype <> 'a') or k.condeferrable)
       -- What is to fire at a commit that is never reached.
       and k.conname <> 'iu_stand_in'`,
  'a sequence, but that of the ids of events': `
    select c.oid::regclass::text from pg_class c
     where c.relnamespace::regnamespace::text ${OURS} and c.relkind = 'S'
       and c.oid <> pg_get_serial_sequence('public.event_outbox', 'id')::regclass`,
  'a table that is not declared, or declared and not there': `
    select coalesce(g.table_name, c.name) from iu_core.governed_table g
      full join (select format('%I.%I', n.nspname, c.relname) as name
                   from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname ${OURS} and c.relkind in ('r', 'p')) as c on c.name = g.table_name
     where g.table_name is null or c.name is null`,
  'a function to write with that does not exist': `
    select g.table_name || ': ' || f.name[1] from iu_core.governed_table g
     cross join lateral regexp_matches(g.write_function, '((?:public|iu_core)\\.\\w+)\\(\\)', 'g') as f (name)
     where to_regproc(f.name[1]) is null`,
  'a function that writes and is marked stable or immutable': `
    select p.oid::regprocedure::text from ${FUNCTIONS}
     where p.provolatile <> 'v' and p.prosrc ~* '\\m(insert into|update public|delete from)\\M'`,
};

describe.each(servers)('the catalog on $name', (server) => {
  const shared = sharedDatabase(server);

  it('breaks no rule of ours', async () => {
    const admin = await session(shared());
    const found: Record<string, string[]> = {};
    for (const [rule, offenders] of Object.entries(OFFENDERS)) {
      const names = await list(admin, offenders);
      if (names.length > 0) found[rule] = names;
    }
    expect(found).toEqual({});
  });

  it('each rule sees what breaks it', async () => {
    const admin = await session(shared());
    await admin.query(`begin; set local session_replication_role = replica;
      create table public.memo (body text primary key references public.memo (body) on delete cascade,
                                n bigserial check (n > 0));
      set local role workflow_admin;
      comment on schema iu_core is null;
      create function iu_core.memo() returns text stable language sql security definer
        as 'with d as (delete from public.memo returning body) select body from d';
      reset role;
      create function public.memo() returns text language sql as 'select 1::text || chr(92) || E''\\\\S''';
      insert into iu_core.governed_table values ('public.diary', 'state', 'public.fn_keep_a_diary()');
      grant select on public.memo to public;
      grant execute on function iu_core.memo() to public, iu_editor`);
    for (const [rule, offenders] of Object.entries(OFFENDERS)) {
      expect([rule, (await list(admin, offenders)).length > 0]).toEqual([rule, true]);
    }
  });

  it('a function that workflow_admin creates later is not for PUBLIC', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    await admin.query(`set role workflow_admin;
      create function public.fn_motto() returns text language sql as $$ select 'E pluribus unum' $$;
      reset role`);
    expect(await outcome(admin, 'select public.fn_motto()')).toBe('written');
    const reader = await session(database, 'context_pack_readonly');
    expect(await outcome(reader, 'select public.fn_motto()')).toBe('42501');
    const check = 'select scenario, detail from public.fn_iu_check_roles() where ok is not true';
    expect(await rows(admin, check)).toEqual([]);
    await admin.query('grant execute on function public.fn_motto() to public');
    expect(await rows(admin, check)).toEqual([
      { scenario: 'PUBLIC can execute nothing of ours', detail: 'public.fn_motto()' },
    ]);
  });

  it('the roles check names who holds two duties, who logs in, and who is workflow_admin besides', async () => {
    const admin = await session(shared());
    await admin.query('begin');
    await admin.query(`create role fox_and_hen login in role cutter_exec, cutter_verify;
      create role gardener login in role workflow_admin; alter role iu_worker login`);
    const failed = await rows<{ detail: string }>(
      admin,
      'select detail from public.fn_iu_check_roles() where ok is not true',
    );
    await admin.query('rollback');
    expect(failed.map(({ detail }) => detail)).toEqual([
      'can log in: iu_worker',
      'fox_and_hen holds cutter_exec, cutter_verify',
      'also to: gardener',
    ]);
  });

  it('the codes in iu_error are those that functions raise, and those that have a page', async () => {
    const admin = await session(shared());
    const registered = await list(admin, 'select e.code from public.iu_error e');
    const raised = await list(
      admin,
      `select distinct m.code[1] from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        cross join lateral regexp_matches(p.prosrc, '(IU[0-9]{3})', 'g') as m (code)
        where n.nspname ${OURS} or n.nspname = 'iu_ledger'`,
    );
    const pages = readdirSync(`${REAL_PROJECT}/docs/errors`)
      .filter((name) => name.startsWith('IU'))
      .map((name) => name.replace('.md', ''))
      .sort();
    expect(raised.filter((code) => code < 'IU900')).toEqual(registered);
    expect(raised.filter((code) => code >= 'IU900')).not.toEqual([]);
    expect(raised.filter((code) => !pages.includes(code))).toEqual([]);
    expect(pages.filter((code) => code < 'IU900')).toEqual(registered);
  });

  it('iu_error, the pages and their index say the same', async () => {
    const admin = await session(shared());
    const plain = (file: string) =>
      readFileSync(`${REAL_PROJECT}/docs/errors/${file}.md`, 'utf8').replaceAll('`', '').replace(/\s+/g, ' ');
    const index = plain('README');
    for (const { code, name, problem } of await rows<Record<'code' | 'name' | 'problem', string>>(
      admin,
      'select * from public.iu_error',
    )) {
      expect(plain(code)).toContain(`# ${code} ${name} ## Problem ${problem}`);
      expect(index).toContain(`| [${code}](${code}.md) | ${name} | ${problem} |`);
    }
  });

  it('every code of the documentation of a function is one that it, or what it calls, raises', async () => {
    const admin = await session(shared());
    const unknown = await list(
      admin,
      `select distinct p.oid::regprocedure || ': ' || m.code[1] from ${FUNCTIONS}
        cross join lateral regexp_matches(obj_description(p.oid, 'pg_proc'), '(IU[0-9]{3})', 'g') as m (code)
        where not exists (select from public.iu_error e where e.code = m.code[1])`,
    );
    expect(unknown).toEqual([]);
  });

  it('a bare migrated database has structure, errors, expected grants and the lifecycle, and no other row', async () => {
    const database = await schemaDatabase(server, true);
    const admin = await session(database);
    const filled: string[] = [];
    for (const table of await list(admin, 'select g.table_name from iu_core.governed_table g')) {
      if (await value(admin, `select exists (select from ${table})`)) filled.push(table);
    }
    expect(filled).toEqual([
      'cutter_governance.cut_run_edge',
      'cutter_governance.cut_state',
      'iu_core.governed_table',
      'public.deployment_grant_matrix',
      'public.iu_delivery_target_kind',
      'public.iu_error',
      'public.iu_lifecycle_status',
      'public.iu_lifecycle_transition',
      'public.iu_vocabulary_history',
    ]);
  });
});
