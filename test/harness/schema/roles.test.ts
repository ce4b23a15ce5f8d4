import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { login, servers } from '../support/index.ts';
import { aPast, deliveries } from './calls.support.ts';
import { cutRuns, runAt } from './cut-run.support.ts';
import {
  contents,
  createMany,
  outcome,
  ROLES,
  rows,
  schemaDatabase,
  session,
  sha256,
  sharedDatabase,
  spec,
  value,
} from './support.ts';

/** What the design says of who may do what: the matrix is held against it, and the catalogs against the matrix. */
const DUTIES: Record<string, string[]> = {
  fn_cut_apply: ['cutter_exec'],
  fn_cut_dryrun: ['cutter_exec'],
  fn_cut_enact: ['cutter_exec'],
  fn_cut_verify: ['cutter_verify'],
  fn_cut_void: ['cutter_approver'],
  fn_iu_review_decide: ['cutter_approver'],
  fn_iu_review_revert: ['cutter_approver'],
  fn_iu_create_many: ['cutter_exec', 'iu_editor'],
  fn_iu_save: ['iu_editor'],
  fn_iu_piece_soft_delete: ['iu_editor'],
  fn_iu_enact_many: ['cutter_exec', 'iu_operator'],
  fn_iu_retire_many: ['cutter_exec', 'iu_operator'],
  fn_iu_gate_open: ['iu_operator'],
  fn_iu_gate_close: ['iu_operator'],
  fn_dot_config_set: ['iu_operator'],
  fn_iu_outbox_retire_partition: ['iu_operator'],
  fn_iu_emit_event: ['iu_operator', 'iu_worker'],
  fn_iu_gate_declare: [],
  fn_iu_event_type_set: [],
  fn_iu_vocabulary_set: [],
};

const PUBLIC_FUNCTIONS = `
  select p.proname as name, p.oid::regprocedure::text as signature,
         'select public.' || p.proname || '('
         || array_to_string(array(select 'null::' || format_type(t, null)
                                    from unnest(p.proargtypes) with ordinality as a (t, n) order by n), ', ')
         || ')' as call
    from pg_proc p
   where p.pronamespace = 'public'::regnamespace
   order by 1`;

const functions = (client: pg.Client) =>
  rows<{ name: string; signature: string; call: string }>(client, PUBLIC_FUNCTIONS);

/** A schema that a caller puts first on the path, where everything we use lies. */
const HIJACK = `
  create function %.now() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
  create function %.clock_timestamp() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
  create function %.sha256(bytea) returns bytea language sql as $$ select '\\x00'::bytea $$;
  create function %.split_part(text, text, integer) returns text language sql as $$ select 'HIJACKED'::text $$;
  create function %.length(text) returns integer language sql as $$ select 0 $$;
  create function %.always(text, text) returns boolean language sql as $$ select true $$;
  create operator %.~ (leftarg = text, rightarg = text, function = %.always);
  create operator %.= (leftarg = text, rightarg = text, function = %.always);
  create %table information_unit (id uuid, canonical_address text, deleted_at timestamptz);
  create %table unit_version (id uuid, unit_id uuid, version_seq integer);
  create %table dot_config (key text, value text);
  create %table iu_unit_kind (code text, active boolean);
  insert into iu_unit_kind values ('sonnet', true);
  insert into dot_config values ('iu_core.composer_enabled', 'true');`;

const HIJACKS: Array<[string, string, string]> = [
  [
    'a schema first on the search_path',
    `create schema trap; set search_path = trap, pg_catalog, public;${HIJACK.replaceAll('%table', 'table').replaceAll('%', 'trap')}`,
    'trap, pg_catalog, public',
  ],
  [
    'temporary objects',
    `set search_path = pg_temp, pg_catalog, public;${HIJACK.replaceAll('%table', 'temporary table').replaceAll('%', 'pg_temp')}`,
    'pg_temp, pg_catalog, public',
  ],
];

describe.each(servers)('roles on $name', (server) => {
  const shared = sharedDatabase(server);

  it('each role may execute exactly what the matrix gives it, by grant and by trying', async () => {
    const database = shared();
    const admin = await session(database);
    const all = await functions(admin);
    const granted = new Map<string, string[]>();
    for (const { object, grantee } of await rows<{ object: string; grantee: string }>(
      admin,
      `select m.object, m.grantee from public.deployment_grant_matrix m
        where m.object_type = 'function' and m.privilege = 'EXECUTE' order by m.grantee collate "C"`,
    )) {
      granted.set(object, [...(granted.get(object) ?? []), grantee]);
    }
    for (const role of ROLES) {
      const caller = await session(database, role);
      for (const { signature, call } of all) {
        const expected = granted.get(`public.${signature}`)?.includes(role) ?? false;
        const may = await value(caller, 'select has_function_privilege($1, $2)', [
          `public.${signature}`,
          'execute',
        ]);
        const tried = (await outcome(caller, call)) !== '42501';
        expect({ role, signature, may, tried }).toEqual({ role, signature, may: expected, tried: expected });
      }
    }
    for (const [name, roles] of Object.entries(DUTIES)) {
      const found = all.filter((one) => one.name === name);
      expect([name, found.map(({ signature }) => granted.get(`public.${signature}`) ?? [])]).toEqual([
        name,
        [roles],
      ]);
    }
  });

  it('a login without a role may execute nothing and read nothing', async () => {
    const database = shared();
    const { url } = await login(server, database, '');
    const stranger = await session({ ...database, url });
    for (const { call } of await functions(stranger)) {
      expect([call, await outcome(stranger, call)]).toEqual([call, '42501']);
    }
    for (const table of ['information_unit', 'unit_version', 'dot_config', 'iu_gate_transition']) {
      expect(await outcome(stranger, `select from public.${table}`)).toBe('42501');
    }
    expect(await outcome(stranger, 'select iu_core.uuid_v7()')).toBe('42501');
  });

  it('a login in iu_editor creates and reads its unit; nothing else is open to it', async () => {
    const database = await schemaDatabase(server);
    const { name, url } = await login(server, database, 'in role iu_editor');
    const editor = await session({ ...database, url });
    await createMany(editor, [spec({ address: 'HANDBOOK/S-1', title: 'Speaking', body: 'Face the room.' })]);
    expect(await rows(editor, "select title, body from public.fn_iu_get('HANDBOOK/S-1')")).toEqual([
      { title: 'Speaking', body: 'Face the room.' },
    ]);
    expect(await outcome(editor, 'select * from public.unit_version')).toBe('42501');
    expect(await outcome(editor, 'set role workflow_admin')).toBe('42501');
    const gate = `select public.fn_iu_gate_open('iu_core.composer_enabled', null, '${name}', 'mine', 60)`;
    expect(await outcome(editor, gate)).toBe('42501');
  });

  it('what a login did is recorded under its name, whoever it says it is', async () => {
    const database = await schemaDatabase(server);
    const { name, url } = await login(server, database, 'in role iu_operator');
    const operator = await session({ ...database, url });
    await operator.query(
      "select public.fn_dot_config_set('iu_core.batch_size', '50', 'the director', 'load')",
    );
    await operator.query(
      "select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'the director', 'load', 60)",
    );
    const admin = await session(database);
    for (const table of ['dot_config_history', 'iu_gate_transition']) {
      expect(
        await rows(admin, `select distinct actor, login from public.${table} where actor = 'the director'`),
      ).toEqual([{ actor: 'the director', login: name }]);
    }
  });

  it('no role but the owner has a privilege to write a table or a column; one reads all, one events', async () => {
    const database = shared();
    const admin = await session(database);
    const may = (privileges: string[], anyColumn: string[]) =>
      rows<{ grant: string }>(
        admin,
        `select r.name || ' ' || p.name || ' ' || g.table_name as grant
           from iu_core.governed_table g, unnest($1::text[]) as r (name), unnest($2::text[]) as p (name)
          where has_table_privilege(r.name, g.table_name, p.name)
             or p.name = any ($3) and has_any_column_privilege(r.name, g.table_name, p.name)`,
        [[...ROLES, 'pg_monitor'], privileges, anyColumn],
      );
    const columns = ['INSERT', 'UPDATE', 'REFERENCES'];
    expect(await may([...columns, 'DELETE', 'TRUNCATE', 'TRIGGER'], columns)).toEqual([]);
    const readable = (await may(['SELECT'], ['SELECT'])).map(({ grant }) => grant.split(' SELECT '));
    const readBy = (role: string) => readable.filter(([name]) => name === role).map(([, table]) => table);
    // What was pinned and decided is for those who act on it, too; what is routed for those who mind it.
    const decisions = [
      'cut_change_set',
      'cut_change_set_affected_row',
      'cut_dryrun',
      'cut_profile',
      'cut_run',
      'cut_run_edge',
      'cut_run_transition',
      'cut_state',
      'dot_pair_signature',
      'manifest_envelope',
      'manifest_unit_block',
      'review_decision',
      'review_decision_unit',
      'source_document',
      'source_version',
      'verify_result',
    ].map((name) => `cutter_governance.${name}`);
    const routing = [
      'delivery_fence',
      'delivery_target_kind',
      'outbound_route',
      'outbound_route_history',
      'route_attempt_made',
      'route_conflict',
      'route_consumer',
      'route_dead_letter',
      'route_delivery',
      'route_pending',
      'route_resolution',
      'route_worker',
      'route_worker_cursor',
      'sql_event_route',
    ].map((name) => `public.iu_${name}`);
    for (const role of ['cutter_exec', 'cutter_verify', 'cutter_approver']) {
      expect([role, ...readBy(role).toSorted()]).toEqual([role, ...decisions]);
    }
    expect(readBy('iu_editor')).toEqual([]);
    expect(readBy('iu_operator').toSorted()).toEqual([...decisions, ...routing]);
    expect(readBy('iu_worker').toSorted()).toEqual([
      'public.event_outbox',
      'public.event_type_registry',
      ...routing,
    ]);
    const tables = await rows<{ table_name: string }>(
      admin,
      `select table_name from iu_core.governed_table
        where table_name not like 'iu_core.%' and class <> 'runtime-object'`,
    );
    expect(readBy('context_pack_readonly').toSorted()).toEqual(
      tables.map(({ table_name }) => table_name).toSorted(),
    );
  });

  it.each(HIJACKS)('%s changes nothing of what functions do', async (_, trap, path) => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const caller = await session(database);
    await caller.query(trap);
    const body = 'Die Würde des Menschen ist unantastbar.';
    await createMany(caller, [spec({ address: 'DE-GG/ART-1', body })]);
    expect(
      await outcome(caller, "select public.fn_iu_create('de gg', '', '', 'x', 'law_unit', 'article')"),
    ).toBe('IU020');
    expect(
      await outcome(caller, "select public.fn_iu_create('DE-GG/ART-2', '', '', 'x', 'sonnet', 'article')"),
    ).toBe('IU020');
    await caller.query("select public.fn_iu_gate_open('iu_core.delivery_enabled', null, 'x', 'load', 60)");
    expect(await value(caller, "select public.fn_iu_gate_is_open('iu_core.delivery_enabled')")).toBe(true);
    expect(await value(caller, "select public.fn_iu_gate_is_open('iu_core.composer_enabled')")).toBe(false);
    expect(await value(caller, 'show search_path')).toBe(path);
    const [stored] = await rows(
      admin,
      `select u.doc_code, v.content_hash, u.created_at > now() - interval '1 hour' as recent
         from public.information_unit u join public.unit_version v on v.unit_id = u.id`,
    );
    expect(stored).toEqual({ doc_code: 'DE-GG', content_hash: sha256(body), recent: true });
    expect(await rows(admin, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('every function that is not volatile works in a READ ONLY transaction, and writes nothing', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    await aPast(admin);
    await deliveries(admin);
    await cutRuns(admin);
    const reading = await rows<{ name: string; types: string[] }>(
      admin,
      `select p.proname as name,
              array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as a (t, n) order by n) as types
         from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile <> 'v' order by 1, p.oid`,
    );
    expect(reading.length).toBeGreaterThanOrEqual(20);
    const given: Record<string, string> = {
      integer: '1',
      bigint: '1000001',
      jsonb: "'[]'",
      'timestamp with time zone': 'clock_timestamp()',
      'uuid[]': 'null',
      uuid: 'gen_random_uuid()',
    };
    /** A document's code, an address, a gate's key, a worker or a route: what the first text is. */
    const texts: Array<[RegExp, string]> = [
      [/gate/, "'iu_core.composer_enabled'"],
      [/cut/, runAt('dryrun')],
      [/route_worker/, "'clerk'"],
      [/route/, "'harvest.post'"],
      [/get|history|subtree/, "'DE-GG/ART-1'"],
      [/./, "'DE-GG'"],
    ];
    const text = (name: string) => texts.find(([pattern]) => pattern.test(name))![1];
    const before = await contents(database);
    await admin.query('begin read only');
    for (const { name, types } of reading) {
      const call = `public.${name}(${types.map((type) => given[type] ?? text(name)).join(', ')})`;
      expect([call, await outcome(admin, `select * from ${call}`)]).toEqual([call, 'written']);
    }
    const views = await rows<{ view: string }>(
      admin,
      "select viewname as view from pg_views where schemaname = 'public' and viewowner = 'workflow_admin' order by 1",
    );
    expect(views.map(({ view }) => view)).toEqual(
      expect.arrayContaining(['v_iu_tree', 'v_iu_outbox_gaps', 'v_iu_event_backlog', 'v_iu_route_why']),
    );
    for (const { view } of views) {
      expect([view, await outcome(admin, `select * from public.${view}`)]).toEqual([view, 'written']);
    }
    await admin.query('rollback');
    expect(await contents(database)).toEqual(before);
  });
});
