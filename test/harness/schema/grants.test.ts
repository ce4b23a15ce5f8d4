import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { login, servers } from '../support/index.ts';
import { outcome, ROLES, rolledBack, rows, session, sharedDatabase, value } from './support.ts';

interface Delta {
  delta: string;
  grantee: string;
  object_type: string;
  object: string;
  privilege: string | null;
  ddl: string | null;
}

const probe = (client: pg.Client) => rows<Delta>(client, 'select * from public.fn_deployment_grant_probe()');
const said = ({ delta, grantee, object, privilege }: Delta) =>
  `${delta} ${privilege} on ${object} of ${grantee}`;

const GET = 'public.fn_iu_get(text)';
/** What iu_worker may: executed, then read. */
const WORKER: Array<[string, string[]]> = [
  [
    'function',
    [
      'fn_iu_check_event_types()',
      'fn_iu_check_outbox()',
      'fn_iu_emit_event(text,text,text,text,text,jsonb,text,text,uuid,jsonb,text)',
      'fn_iu_emit_events(jsonb,text,text)',
      'fn_iu_gate_is_open(text)',
      'fn_iu_outbox_make_partitions(integer,text)',
      'fn_iu_check_route_worker()',
      'fn_iu_check_routes()',
      'fn_iu_route_claim_pending(text,integer,text,integer)',
      'fn_iu_route_live_readiness(text)',
      'fn_iu_route_may_deliver(bigint,text,uuid,text)',
      'fn_iu_route_record_attempt(bigint,text,text,jsonb,timestamp with time zone,uuid,text,timestamp with time zone)',
      'fn_iu_route_worker_health(text)',
      'fn_iu_route_worker_run(text,integer,text)',
    ],
  ],
  [
    'table',
    [
      'event_outbox',
      'event_type_registry',
      'v_iu_outbox_gaps',
      'iu_delivery_fence',
      'iu_delivery_target_kind',
      'iu_outbound_route',
      'iu_outbound_route_history',
      'iu_route_attempt',
      'iu_route_attempt_made',
      'iu_route_conflict',
      'iu_route_consumer',
      'iu_route_dead_letter',
      'iu_route_delivery',
      'iu_route_pending',
      'iu_route_resolution',
      'iu_route_worker',
      'iu_route_worker_cursor',
      'iu_sql_event_route',
      'v_iu_event_backlog',
      'v_iu_route_attempt_summary',
      'v_iu_route_conflict_open',
      'v_iu_route_dead_letter_open',
      'v_iu_route_why',
    ],
  ],
];
const DECLARE = 'public.fn_iu_gate_declare(text,text,text,text)';

interface Mutation {
  /** What somebody did. */
  sql: string;
  /** What the probe must say, and nothing else, with the statement that mends it (null: none does). */
  deltas: Record<string, string | null>;
  /** Who mends it; a member of workflow_admin unless it is beyond their rights. */
  mender?: 'superuser';
  /** The first major that knows the privilege. */
  since?: number;
}

/** Each is undone by its ddl; `pg_stranger` stands for a login that is none of ours. */
const MUTATIONS: Record<string, Mutation> = {
  'an expected function is not granted': {
    sql: `revoke execute on function ${GET} from iu_editor`,
    deltas: { [`missing EXECUTE on ${GET} of iu_editor`]: `grant execute on function ${GET} to iu_editor;` },
  },
  'an expected table is not granted': {
    sql: 'revoke select on public.iu_gate from context_pack_readonly',
    deltas: {
      'missing SELECT on public.iu_gate of context_pack_readonly':
        'grant select on table public.iu_gate to context_pack_readonly;',
    },
  },
  'a role of ours may call more': {
    sql: `grant execute on function ${DECLARE} to iu_operator`,
    deltas: {
      [`excess EXECUTE on ${DECLARE} of iu_operator`]: `revoke execute on function ${DECLARE} from iu_operator;`,
    },
  },
  'PUBLIC may call': {
    sql: `grant execute on function ${GET} to public`,
    deltas: { [`excess EXECUTE on ${GET} of PUBLIC`]: `revoke execute on function ${GET} from public;` },
  },
  'PUBLIC may read': {
    sql: 'grant select on public.unit_version to public',
    deltas: {
      'excess SELECT on public.unit_version of PUBLIC':
        'revoke select on table public.unit_version from public;',
    },
  },
  'a stranger may call': {
    sql: `grant execute on function ${GET} to grants_stranger`,
    deltas: {
      [`excess EXECUTE on ${GET} of grants_stranger`]: `revoke execute on function ${GET} from grants_stranger;`,
    },
  },
  'a right that is expected may be passed on': {
    sql: `grant execute on function ${GET} to iu_editor with grant option`,
    deltas: {
      [`excess EXECUTE WITH GRANT OPTION on ${GET} of iu_editor`]: `revoke grant option for execute on function ${GET} from iu_editor cascade;`,
    },
  },
  'and was passed on': {
    sql: `grant execute on function ${GET} to iu_editor with grant option;
          set local role iu_editor; grant execute on function ${GET} to grants_stranger; reset role`,
    deltas: {
      [`excess EXECUTE on ${GET} of grants_stranger`]: `revoke grant option for execute on function ${GET} from iu_editor cascade;`,
      [`excess EXECUTE WITH GRANT OPTION on ${GET} of iu_editor`]: `revoke grant option for execute on function ${GET} from iu_editor cascade;`,
    },
  },
  'an expected right comes from somebody else than the owner': {
    sql: `revoke select on public.iu_gate from context_pack_readonly;
          grant select on public.iu_gate to grants_stranger with grant option;
          set local role grants_stranger; grant select on public.iu_gate to context_pack_readonly; reset role`,
    deltas: {
      'excess SELECT on public.iu_gate of context_pack_readonly':
        'revoke grant option for select on table public.iu_gate from grants_stranger cascade;',
      'excess SELECT WITH GRANT OPTION on public.iu_gate of grants_stranger':
        'revoke select on table public.iu_gate from grants_stranger cascade;',
      'missing SELECT on public.iu_gate of context_pack_readonly':
        'grant select on table public.iu_gate to context_pack_readonly;',
    },
  },
  'a column is granted': {
    sql: 'grant select (body), update (body) on public.unit_version to iu_worker',
    deltas: {
      'excess SELECT (body) on public.unit_version of iu_worker':
        'revoke select (body) on table public.unit_version from iu_worker;',
      'excess UPDATE (body) on public.unit_version of iu_worker':
        'revoke update (body) on table public.unit_version from iu_worker;',
    },
  },
  'TRUNCATE is granted': {
    sql: 'grant truncate on public.unit_version to iu_operator',
    deltas: {
      'excess TRUNCATE on public.unit_version of iu_operator':
        'revoke truncate on table public.unit_version from iu_operator;',
    },
  },
  'MAINTAIN is granted': {
    since: 17,
    sql: 'grant maintain on public.unit_version to iu_operator',
    deltas: {
      'excess MAINTAIN on public.unit_version of iu_operator':
        'revoke maintain on table public.unit_version from iu_operator;',
    },
  },
  'a role of ours may create in public': {
    sql: 'grant create on schema public to iu_editor',
    mender: 'superuser',
    deltas: { 'excess CREATE on public of iu_editor': 'revoke create on schema public from iu_editor;' },
  },
  'PUBLIC may create in public': {
    sql: 'grant create on schema public to public',
    mender: 'superuser',
    deltas: { 'excess CREATE on public of PUBLIC': 'revoke create on schema public from public;' },
  },
  'schema public is closed to PUBLIC, and with it to our roles': {
    sql: 'revoke usage on schema public from public',
    mender: 'superuser',
    deltas: Object.fromEntries(
      ROLES.map((role) => [`missing USAGE on public of ${role}`, `grant usage on schema public to ${role};`]),
    ),
  },
  'the internals are opened': {
    sql: 'grant usage on schema iu_core to iu_editor, public',
    deltas: {
      'excess USAGE on iu_core of PUBLIC': 'revoke usage on schema iu_core from public;',
      'excess USAGE on iu_core of iu_editor': 'revoke usage on schema iu_core from iu_editor;',
    },
  },
  'an internal function is granted': {
    sql: 'grant execute on function iu_core.uuid_v7() to iu_editor',
    deltas: {
      'excess EXECUTE on iu_core.uuid_v7() of iu_editor':
        'revoke execute on function iu_core.uuid_v7() from iu_editor;',
    },
  },
  'a type is granted': {
    sql: 'grant usage on type iu_core.unit_spec to iu_editor',
    deltas: {
      'excess USAGE on iu_core.unit_spec of iu_editor':
        'revoke usage on type iu_core.unit_spec from iu_editor;',
    },
  },
  'a sequence and a view nobody expects are granted': {
    sql: `set local role workflow_admin; create sequence public.ticket;
          create view public.motto as select 'E pluribus unum' as motto; reset role;
          grant usage on sequence public.ticket to iu_worker; grant select on public.motto to public`,
    deltas: {
      'excess USAGE on public.ticket of iu_worker': 'revoke usage on sequence public.ticket from iu_worker;',
      'excess SELECT on public.motto of PUBLIC': 'revoke select on table public.motto from public;',
    },
  },
  'a procedure and an aggregate are granted': {
    sql: `set local role workflow_admin; create procedure public.tidy() language sql as 'select';
          create aggregate public.total(integer) (sfunc = int4pl, stype = integer);
          grant execute on procedure public.tidy() to iu_worker;
          grant execute on function public.total(integer) to iu_worker; reset role`,
    deltas: {
      'excess EXECUTE on public.tidy() of iu_worker':
        'revoke execute on routine public.tidy() from iu_worker;',
      'excess EXECUTE on public.total(integer) of iu_worker':
        'revoke execute on routine public.total(integer) from iu_worker;',
    },
  },
  'one role of ours is a member of another': {
    sql: 'grant iu_operator to iu_editor',
    mender: 'superuser',
    deltas: { 'excess MEMBER on iu_operator of iu_editor': 'revoke iu_operator from iu_editor' },
  },
  'and of one that cannot be passed over': {
    sql: 'grant iu_operator to iu_editor with admin option',
    mender: 'superuser',
    deltas: { 'excess MEMBER on iu_operator of iu_editor': 'revoke iu_operator from iu_editor' },
  },
  'and does not inherit its rights, yet may become it': {
    since: 16,
    sql: 'grant iu_operator to iu_editor with inherit false, set true',
    mender: 'superuser',
    deltas: { 'excess MEMBER on iu_operator of iu_editor': 'revoke iu_operator from iu_editor' },
  },
  'and somebody else made it so': {
    since: 16,
    sql: `grant iu_operator to grants_stranger with admin option;
          set local role grants_stranger; grant iu_operator to iu_editor; reset role`,
    mender: 'superuser',
    deltas: {
      'excess MEMBER on iu_operator of iu_editor':
        'revoke iu_operator from iu_editor granted by grants_stranger;',
    },
  },
  'and by way of a group': {
    sql: 'grant iu_operator to grants_stranger; grant grants_stranger to iu_editor',
    mender: 'superuser',
    deltas: { 'excess MEMBER on grants_stranger of iu_editor': 'revoke grants_stranger from iu_editor' },
  },
  'a role of ours may read all data of the cluster': {
    sql: 'grant pg_read_all_data to iu_worker',
    mender: 'superuser',
    deltas: { 'excess MEMBER on pg_read_all_data of iu_worker': 'revoke pg_read_all_data from iu_worker' },
  },
  'a role of ours is a superuser': {
    sql: 'alter role iu_worker superuser',
    mender: 'superuser',
    deltas: { 'excess SUPERUSER on iu_worker of iu_worker': 'alter role iu_worker nosuperuser;' },
  },
  'a function, a table, a type and a schema have another owner': {
    sql: `alter function ${DECLARE} owner to grants_stranger;
          alter table public.unit_version owner to grants_stranger;
          alter type iu_core.unit_spec owner to grants_stranger;
          alter schema iu_core owner to grants_stranger`,
    mender: 'superuser',
    deltas: {
      [`wrong_owner OWNER on ${DECLARE} of grants_stranger`]: `alter function ${DECLARE} owner to workflow_admin;`,
      'wrong_owner OWNER on iu_core of grants_stranger': 'alter schema iu_core owner to workflow_admin;',
      'wrong_owner OWNER on public.unit_version of grants_stranger':
        'alter table public.unit_version owner to workflow_admin;',
      'wrong_owner OWNER on iu_core.unit_spec of grants_stranger':
        'alter type iu_core.unit_spec owner to workflow_admin;',
    },
  },
  "a stranger's functions stand among ours": {
    sql: `create function public.fn_iu_get(text, integer) returns text language sql as 'select $1';
          revoke execute on function public.fn_iu_get(text, integer) from public;
          create function iu_core.memo() returns text language sql as 'select 1::text';
          create table iu_core.diary (day date, page bigserial)`,
    mender: 'superuser',
    deltas: {
      'wrong_owner OWNER on iu_core.memo() of postgres': 'drop function iu_core.memo();',
      'wrong_owner OWNER on public.fn_iu_get(text,integer) of postgres':
        'drop function public.fn_iu_get(text,integer);',
      'wrong_owner OWNER on iu_core.diary of postgres': 'alter table iu_core.diary owner to workflow_admin;',
    },
  },
  'what will be created is for PUBLIC': {
    sql: 'alter default privileges for role workflow_admin grant execute on functions to public',
    deltas: {
      'default_privileges EXECUTE on functions of PUBLIC':
        'alter default privileges for role workflow_admin revoke execute on functions from public;',
    },
  },
  'what will be created in public is for an editor': {
    sql: 'alter default privileges for role workflow_admin in schema public grant select on tables to iu_editor',
    deltas: {
      'default_privileges SELECT on tables in schema public of iu_editor':
        'alter default privileges for role workflow_admin in schema public revoke select on tables from iu_editor;',
    },
  },
  'the owner lost rights of its own': {
    sql: `revoke insert on public.unit_version from workflow_admin;
          revoke execute on function iu_core.uuid_v7() from workflow_admin`,
    deltas: {
      'missing EXECUTE on iu_core.uuid_v7() of workflow_admin':
        'grant execute on function iu_core.uuid_v7() to workflow_admin;',
      'missing INSERT on public.unit_version of workflow_admin':
        'grant insert on table public.unit_version to workflow_admin;',
    },
  },
  'a role is gone': {
    sql: `alter role iu_worker rename to grants_pensioner`,
    mender: 'superuser',
    deltas: {
      'missing_role null on iu_worker of iu_worker': 'create role iu_worker nologin;',
      ...Object.fromEntries(
        WORKER.flatMap(([type, objects]) =>
          objects.flatMap((object) => {
            const right = type === 'function' ? 'EXECUTE' : 'SELECT';
            const on = `${right.toLowerCase()} on ${type} public.${object}`;
            return [
              [
                `excess ${right} on public.${object} of grants_pensioner`,
                `revoke ${on} from grants_pensioner;`,
              ],
              [`missing ${right} on public.${object} of iu_worker`, `grant ${on} to iu_worker;`],
            ];
          }),
        ),
      ),
      'missing USAGE on public of iu_worker': 'grant usage on schema public to iu_worker;',
    },
  },
  'an object is gone': {
    sql: `drop function ${GET}`,
    deltas: { [`missing_object OWNER on ${GET} of workflow_admin`]: null },
  },
};

describe.each(servers)('grants on $name', (server) => {
  const shared = sharedDatabase(server);

  it.each(Object.entries(MUTATIONS))('%s: named, and mended by the ddl', async (_, mutation) => {
    const admin = await rolledBack(shared());
    if (
      (await value<number>(admin, "select current_setting('server_version_num')::int / 10000")) <
      (mutation.since ?? 0)
    )
      return;
    await admin.query('create role grants_stranger login; grant create on schema public to grants_stranger');
    await admin.query(mutation.sql);
    const deltas = await probe(admin);
    expect(deltas.map(said).sort()).toEqual(Object.keys(mutation.deltas).sort());
    for (const one of deltas) {
      const expected = mutation.deltas[said(one)] ?? null;
      // Since 16 the ddl of a membership names its grantor as well.
      if (expected === null || one.privilege !== 'MEMBER') expect(one.ddl).toBe(expected);
      else expect(one.ddl?.startsWith(expected)).toBe(true);
    }
    if (deltas.some(({ ddl }) => ddl === null)) return;
    if (!mutation.mender) await admin.query('set local role workflow_admin');
    for (const { ddl } of deltas) await admin.query(ddl!);
    await admin.query('reset role');
    expect(await probe(admin)).toEqual([]);
  });

  it('nothing differs on a database as the migrations make it, and that is seen at once', async () => {
    const admin = await session(shared());
    const begun = performance.now();
    expect(await probe(admin)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(1_000);
    const checks = await rows<{ ok: boolean }>(admin, 'select * from public.fn_iu_check_grants()');
    expect(checks).toHaveLength(8);
    expect(checks.every(({ ok }) => ok)).toBe(true);
  });

  it('the check has the deltas in its details', async () => {
    const admin = await rolledBack(shared());
    await admin.query(`revoke execute on function ${GET} from iu_editor; grant iu_operator to iu_editor`);
    const failed = 'select scenario, detail from public.fn_iu_check_grants() where ok is not true';
    expect(await rows(admin, failed)).toEqual([
      {
        scenario: 'grants on functions are as the matrix says',
        detail: `missing EXECUTE on ${GET} of iu_editor`,
      },
      {
        scenario: 'no role of ours has rights through another role',
        detail: 'excess MEMBER on iu_operator of iu_editor',
      },
    ]);
  });

  it('the matrix lists every object of ours in public', async () => {
    const unlisted = await rows(
      await session(shared()),
      `select o.object
         from (select p.oid::regprocedure::text, p.pronamespace, p.proowner from pg_proc p
               union all
               select c.oid::regclass::text, c.relnamespace, c.relowner from pg_class c
                where c.relkind in ('r', 'p', 'v', 'm', 'S') and not c.relispartition
              ) as o (object, namespace, owner)
        where o.namespace = 'public'::regnamespace
          and o.owner = 'workflow_admin'::regrole
          and not exists (select from public.deployment_grant_matrix m
                           where m.privilege = 'OWNER' and m.object = 'public.' || o.object)`,
    );
    expect(unlisted).toEqual([]);
  });

  it('each role has on each object each privilege that the matrix gives it, and no other', async () => {
    const admin = await session(shared());
    const major = await value<number>(admin, "select current_setting('server_version_num')::int / 10000");
    const table = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];
    const has = await rows<{ right: string }>(
      admin,
      `with ours as (select n.oid, n.nspname from pg_namespace n
                      where n.nspname in ('public', 'iu_core', 'cutter_governance')),
            may as (
         select r.name as role, p.name as privilege, o.oid::regclass::text as object
           from unnest($1::text[]) as r (name), unnest($2::text[]) as p (name), pg_class o
          where o.relnamespace in (select ours.oid from ours) and o.relkind in ('r', 'p', 'v', 'm')
            and (has_table_privilege(r.name, o.oid, p.name)
                 or p.name = any ($3) and has_any_column_privilege(r.name, o.oid, p.name))
         union all
         select r.name, p.name, o.oid::regclass::text
           from unnest($1::text[]) as r (name), unnest(array['USAGE', 'SELECT', 'UPDATE']) as p (name),
                pg_class o
          where o.relnamespace in (select ours.oid from ours) and o.relkind = 'S'
            and has_sequence_privilege(r.name, o.oid, p.name)
         union all
         select r.name, 'EXECUTE', o.oid::regprocedure::text
           from unnest($1::text[]) as r (name), pg_proc o
          where o.pronamespace in (select ours.oid from ours)
            and has_function_privilege(r.name, o.oid, 'EXECUTE')
         union all
         select r.name, p.name, ours.nspname
           from unnest($1::text[]) as r (name), unnest(array['USAGE', 'CREATE']) as p (name), ours
          where has_schema_privilege(r.name, ours.oid, p.name))
       select format('%s %s %s', m.role, m.privilege, m.object) as right from may m order by 1`,
      [ROLES, major >= 17 ? [...table, 'MAINTAIN'] : table, ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']],
    );
    const expected = await rows<{ right: string }>(
      admin,
      `select format('%s %s %s', m.grantee, m.privilege, m.object) as right
         from public.deployment_grant_matrix m where m.grantee = any ($1) order by 1`,
      [ROLES],
    );
    // Both lists print names as the session's search_path has them.
    const plain = (all: Array<{ right: string }>) =>
      all.map(({ right }) => right.replace(/ public\.(?!$)/, ' ')).sort();
    expect(plain(has)).toEqual(plain(expected));
    expect(has.length).toBeGreaterThan(40);
  });

  it('only members of workflow_admin change what is expected', async () => {
    const database = shared();
    const { url } = await login(server, database, 'in role iu_operator');
    const operator = await session({ ...database, url });
    expect(await outcome(operator, "select iu_core.expect_grants('[]')")).toBe('42501');
    expect(
      await outcome(operator, "insert into public.deployment_grant_matrix values ('x', 'x', 'x', 'x')"),
    ).toBe('42501');
    const admin = await session(database);
    expect(await outcome(admin, 'delete from public.deployment_grant_matrix')).toBe('IU001');
  });

  it.each([
    'grantees ["PUBLIC"] privileges ["SELECT"] type "table"',
    'grantees ["iu_editor"] privileges ["SELECT"] type "tabel"',
    'grantees ["iu_editor"] privileges ["OWNER"] type "table"',
  ])('an expectation that cannot be is refused: %s', async (entry) => {
    const json = `[{${entry.replace(/(\w+) (?=["[])/g, '"$1": ').replaceAll('] "', '], "')}, "object": "public.iu_gate"}]`;
    const admin = await session(shared());
    expect(await outcome(admin, 'select iu_core.expect_grants($1)', [json])).toBe('23514');
  });

  it('who must look may look, in a READ ONLY transaction too', async () => {
    const database = shared();
    for (const role of [
      'iu_operator',
      'cutter_exec',
      'cutter_verify',
      'cutter_approver',
      'context_pack_readonly',
    ]) {
      const reader = await session(database, role);
      await reader.query('begin read only');
      expect(await probe(reader)).toEqual([]);
    }
    for (const role of ['iu_worker', 'iu_editor']) {
      expect(
        await outcome(await session(database, role), 'select * from public.fn_deployment_grant_probe()'),
      ).toBe('42501');
    }
  });
});
