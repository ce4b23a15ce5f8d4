import { describe, expect, it } from 'vitest';
import { login, servers } from '../support/index.ts';
import {
  contents,
  outcome,
  ROLES,
  refusal,
  schemaDatabase,
  session,
  sharedDatabase,
  value,
} from './support.ts';

const GET = 'public.fn_iu_get(text)';
const CREATE = 'public.fn_iu_create(text,text,text,text,text,text,text,text)';

/** Every role of ours but the owner; of the three duties one, as nobody may hold two. */
const MANY = ROLES.filter((role) => !['cutter_verify', 'cutter_approver'].includes(role));

/** What a login with these roles tries, and what the server must say. */
const ATTEMPTS: Record<string, [string, string | RegExp]> = {
  'to become the owner': ['set role workflow_admin', 'permission denied to set role "workflow_admin"'],
  'to become the owner as a session': [
    'set session authorization workflow_admin',
    /permission denied to set session authorization/,
  ],
  'to be given the owner': ['grant workflow_admin to current_user', /workflow_admin/],
  'to leave replication to its own role': [
    "set session_replication_role = 'replica'",
    'permission denied to set parameter "session_replication_role"',
  ],
  'to call what is nobody’s': [
    "select public.fn_iu_gate_declare('iu_core.mine_enabled', 'standing', 'Mine.', 'me')",
    'permission denied for function fn_iu_gate_declare',
  ],
  'to call an internal': ['select iu_core.uuid_v7()', 'permission denied for schema iu_core'],
  'to write the matrix': ["select iu_core.expect_grants('[]')", 'permission denied for schema iu_core'],
  'to disable a lock': [
    'alter table public.information_unit disable trigger iu_lock_1_write',
    'must be owner of table information_unit',
  ],
  'to drop a lock': [
    'drop trigger iu_lock_2_row on public.unit_version',
    /must be owner of (relation|table) unit_version/,
  ],
  'to put a trigger of its own on a table': [
    'create trigger a before insert on public.unit_version execute function suppress_redundant_updates_trigger()',
    'permission denied for table unit_version',
  ],
  'to put a rule on a table': [
    'create rule r as on insert to public.unit_version do instead nothing',
    /must be owner of (relation|table) unit_version/,
  ],
  'to replace a function': [
    'create or replace function public.fn_iu_get(text) returns text language sql as $$ select $1 $$',
    'permission denied for schema public',
  ],
  'to alter a function': [
    `alter function ${GET} security invoker`,
    /must be owner of function (public[.])?fn_iu_get/,
  ],
  'to reset its search_path': [
    `alter function ${GET} reset all`,
    /must be owner of function (public[.])?fn_iu_get/,
  ],
  'to own a function': [
    `alter function ${GET} owner to current_user`,
    /must be owner of function (public[.])?fn_iu_get/,
  ],
  'to create in public': ['create table public.diary (day date)', 'permission denied for schema public'],
  'to create a function in public': [
    'create function public.memo() returns text language sql as $$ select 1::text $$',
    'permission denied for schema public',
  ],
  'to create in iu_core': ['create table iu_core.diary (day date)', 'permission denied for schema iu_core'],
  'to copy in': [
    "copy public.unit_version from program 'true'",
    /permission denied|must be superuser or have privileges/,
  ],
  'to copy in from here': ['copy public.dot_config from stdin', 'permission denied for table dot_config'],
  'to merge': [
    `merge into public.dot_config c using (values (1)) v (n) on false
       when not matched then insert (key) values ('x')`,
    'permission denied for table dot_config',
  ],
  'to insert unless it is there': [
    "insert into public.dot_config (key, value) values ('x', 'y') on conflict (key) do update set value = 'y'",
    'permission denied for table dot_config',
  ],
  'to write in a WITH': [
    "with w as (update public.dot_config set value = 'true' returning key) select * from w",
    'permission denied for table dot_config',
  ],
  'to truncate': ['truncate public.dot_config', 'permission denied for table dot_config'],
  'to lock a table': [
    'do $$ begin lock table public.dot_config in access exclusive mode; end $$',
    'permission denied for table dot_config',
  ],
  'to make a foreign key to a table': [
    'create temporary table spy (id uuid references public.information_unit)',
    /permission denied for table information_unit|constraints on temporary tables/,
  ],
};

describe.each(servers)('escalation on $name', (server) => {
  const shared = sharedDatabase(server);

  it('a login with many roles of ours gets nowhere, and reads what a person needs', async () => {
    const database = shared();
    const before = await contents(database);
    const { url } = await login(server, database, `in role ${MANY.join(', ')}`);
    const all = await session({ ...database, url });
    for (const [name, [attempt, says]] of Object.entries(ATTEMPTS)) {
      const { code, message } = await refusal(all.query(attempt));
      expect([name, code, message]).toEqual([
        name,
        expect.stringMatching(/^(42501|0A000|42P16)$/),
        expect.stringMatching(says),
      ]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('who may call a function cannot pass it on: the server says so, and nobody gains a right', async () => {
    const database = shared();
    const { url } = await login(server, database, 'in role iu_editor');
    const editor = await session({ ...database, url });
    for (const grantee of ['current_user', 'public', 'iu_worker']) {
      // Without any grant option the server grants nothing: a warning where one has the right itself.
      const said = new Promise((resolve) => editor.once('notice', ({ message }) => resolve(message)));
      await editor.query(`grant execute on function ${CREATE} to ${grantee}`);
      expect(await said).toBe('no privileges were granted for "fn_iu_create"');
    }
    const declare = 'grant execute on function public.fn_iu_gate_withdraw(text, text) to current_user';
    expect(await refusal(editor.query(declare))).toMatchObject({
      code: '42501',
      message: 'permission denied for function fn_iu_gate_withdraw',
    });
    const admin = await session(database);
    expect(await value(admin, 'select count(*)::int from public.fn_deployment_grant_probe()')).toBe(0);
  });

  it("a stranger's own SECURITY DEFINER function brings the stranger's rights, not ours", async () => {
    const database = await schemaDatabase(server);
    const { name, url } = await login(server, database, 'in role iu_editor');
    const admin = await session(database);
    await admin.query(`create schema parlour authorization ${name}`);
    const editor = await session({ ...database, url });
    await editor.query(`
      create function parlour.open() returns jsonb language sql security definer
        as $$ select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'me', 'mine', 60) $$;
      create function parlour.write() returns void language sql security definer
        as $$ update public.dot_config set value = 'true' $$;
      create function parlour.create() returns jsonb language sql security definer
        as $$ select public.fn_iu_create('DE-GG/ART-1', 'Art 1', '', 'me', 'law_unit', 'article') $$`);
    expect(await outcome(editor, 'select parlour.open()')).toBe('42501');
    expect(await outcome(editor, 'select parlour.write()')).toBe('42501');
    // What the owner of the wrapper may do itself, it may lend: under the caller's own login.
    const worker = await session({
      ...database,
      url: (await login(server, database, 'in role iu_worker')).url,
    });
    await editor.query('grant usage on schema parlour to public');
    expect(await outcome(worker, 'select parlour.create()')).toBe('written');
    expect(await outcome(worker, 'select parlour.open()')).toBe('42501');
    // Even a superuser's wrapper does not make a table writable.
    await admin.query('alter function parlour.write() owner to postgres');
    expect(await outcome(worker, 'select parlour.write()')).toBe('IU001');
  });

  it('temporary objects and a schema in front with our names change nothing of what the probe sees', async () => {
    const database = shared();
    const { url } = await login(server, database, 'in role iu_operator');
    const operator = await session({ ...database, url });
    await operator.query(`
      create temporary table deployment_grant_matrix (grantee text, object_type text, object text, privilege text);
      create temporary table pg_class (oid oid);
      create function pg_temp.aclexplode(aclitem[]) returns text language sql as $$ select ''::text $$;
      create function pg_temp.to_regrole(text) returns regrole language sql as $$ select null::regrole $$;
      set search_path = pg_temp, public, pg_catalog`);
    expect(await value(operator, 'select count(*)::int from public.fn_deployment_grant_probe()')).toBe(0);
    expect(
      await value(operator, 'select bool_and(ok) and count(*) > 10 from public.fn_iu_check_locks()'),
    ).toBe(true);
    expect(await value(operator, 'select count(*)::int from public.fn_iu_gate_list()')).toBe(8);
  });
});
