import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { oneServer } from '../support/index.ts';
import { CALLED_BY_TRIGGER, decision, prepareCalls, WRITING } from './calls.support.ts';
import { manifestToMark, runAt, sourceAt, WITHHELD } from './cut-run.support.ts';
import {
  approve,
  createMany,
  outcome,
  rolledBack,
  rows,
  session,
  sha256,
  sharedDatabase,
  spec,
  value,
} from './support.ts';

const LETTERS = 'Điều 1. Quốc tịch Việt Nam, Fußgänger, Ångström';

/** Bodies that are easily lost, folded or cut on the way. */
const BODIES: Array<[string, string]> = [
  ['nothing', ''],
  ['a space', ' '],
  ['composed letters (NFC)', LETTERS.normalize('NFC')],
  ['decomposed letters (NFD)', LETTERS.normalize('NFD')],
  ['line ends of Windows', 'Art 1\r\n\r\nArt 2\r\n'],
  ['line ends of old Macintoshes', 'Art 1\rArt 2\r'],
  ['no line end at the end', 'Art 1\nArt 2'],
  ['a byte order mark', '\uFEFF# Artikel'],
  ['right to left', 'المادة الأولى: كل الناس سواسية \u202Eأمام\u202C القانون\u200F'],
  ['emoji of several code points', '👩🏽‍⚖️ 🇻🇳 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ⚖︎'],
  ['other spaces', 'a\u00A0b\u2003c\u200Bd\u2028e\u0085f\u3000'],
  ['controls', '\u0001\u0008\t\u000B\u000C\u001B[31m\u007F'],
  ['noncharacters and the last code point', '\uFFFE\uFFFF\u{10FFFF}'],
  ['a megabyte', 'Die Würde des Menschen ist unantastbar.\n'.repeat(26_000)],
];

/** What would be SQL, were it ever put into a statement. */
const PAYLOADS = [
  "'; drop table public.canary; --",
  "\\'; drop table public.canary; --",
  '"; drop table public.canary; --',
  "'); drop table public.canary; select ('",
  '$$; drop table public.canary; do $$ begin null; end $$',
  "$1 %s %I %L %1$s %% $body$ :x ? '' \\ \\' \\u0041 {}",
  "DE-GG/ART-1' or true --",
];

/** What each parameter is given while another one is tried; by its function where that needs something else. */
const GIVEN: Record<string, unknown> = {
  p_act: 'enact',
  p_actor: 'an editor',
  p_address: 'US-CONST/ART-8',
  p_addresses: ['US-CONST/ART-8'],
  p_after_address: null,
  p_ahead: 9,
  p_alias: 'US-CONST/ARTICLE-8',
  p_approval_id: null,
  p_at: '2026-11-27',
  p_base_version_id: null,
  p_body: 'a text',
  p_canonical_address: 'US-CONST/ART-8',
  p_causation: { because: 'of that' },
  p_change_set_id: null,
  p_codes: ['changelog'],
  p_correlation_id: null,
  p_dedupe_key: 'a key',
  p_description: 'a description',
  p_doc_code: 'US-CONST',
  p_dry_run: false,
  p_edition: 1,
  p_event_domain: 'treaty',
  p_event_type: 'ratified',
  p_headings: [{ title: 'Article I', parent: null }],
  p_key: 'iu_core.composer_enabled',
  p_label_rules: [{ pattern: 'Article ([IVX]+)', prefix: 'ART', at_root: true }],
  p_owner_ref: 'an office',
  p_parent_address: 'US-CONST/ART-10',
  p_parent_ref: 'US-CONST/ART-10',
  p_partition: 0,
  p_policy: 'standing',
  p_prefix: 'US-CONST',
  p_reason: 'as agreed',
  p_root: 'US-CONST/ART-8',
  p_safe_payload: { version: { seq: 'one' } },
  p_section_type: 'article',
  p_source_system: 'a register of treaties',
  p_subject_ref: 'a subject',
  p_subject_table: 'public.information_unit',
  p_successor_address: 'US-CONST/ART-7',
  p_title: 'a title',
  p_tool_revision: 'v1',
  p_ttl_seconds: null,
  p_unit_ids: null,
  p_unit_kind: 'law_unit',
  p_verdict: 'approve',
  p_version_id: null,
  p_vocabulary: 'section_type',
  p_built: false,
  p_deployment_id: 'there',
  p_detail: { error: 'no answer' },
  p_fence: 'here:sixteen characters',
  p_function: 'harvest.consume(jsonb)',
  p_kind: 'report',
  p_lease_seconds: 60,
  p_limit: 10,
  p_mode: 'fresh',
  p_retry_at: null,
  p_route_code: 'harvest.post',
  p_route_codes: ['harvest.dry'],
  p_settings: { description: 'A clerk.' },
  p_started_at: null,
  p_status: 'sent',
  p_token: 'sixteen characters',
  p_worker: 'clerk',
  'fn_iu_route_set.p_routes': [
    {
      route_code: 'harvest.new',
      event_domain: 'harvest',
      event_type: '*',
      event_stream: 'update',
      payload_filter: { kind: 'rye' },
      target_kind: 'report',
      target_ref: 'report:new',
      worker: 'clerk',
      description: 'New.',
    },
  ],
  'fn_iu_sql_route_set.p_routes': [
    {
      route_code: 'harvest.other',
      source_table: 'public.dot_config',
      sql_event: 'delete',
      key_column: 'key',
      payload_columns: ['key'],
      event_domain: 'harvest',
      event_type: 'sown',
    },
  ],
  'fn_dot_config_set.p_key': 'iu_core.batch_size',
  'fn_dot_config_set.p_value': '100',
  'fn_iu_create.p_address': 'DE-GG/ART-1',
  'fn_iu_create.p_parent_ref': null,
  'fn_iu_create_many.p_specs': [spec({ address: 'DE-GG/ART-1', owner_ref: 'an office', parent_ref: null })],
  'fn_iu_emit_events.p_events': [
    {
      event_domain: 'treaty',
      event_type: 'ratified',
      subject_table: 'public.information_unit',
      subject_ref: 'a subject',
      safe_payload: { n: 'one' },
      dedupe_key: 'another key',
    },
  ],
  'fn_iu_event_type_remove.p_types': [{ event_domain: 'harvest', event_type: 'burnt' }],
  'fn_iu_event_type_set.p_entries': [
    {
      event_domain: 'treaty',
      event_type: 'signed',
      event_stream: 'update',
      delivery_lane: 'delayed',
      severity: 'info',
      description: 'A treaty was signed.',
    },
  ],
  'fn_iu_gate_declare.p_key': 'iu_core.archive_enabled',
  'fn_iu_gate_open.p_key': 'iu_core.structure_ops_enabled',
  'fn_iu_gate_withdraw.p_key': 'iu_core.operator_runtime_enabled',
  'fn_iu_piece_restore.p_address': 'US-CONST/ART-9',
  p_approver: 'an approver',
  p_backup: { kind: 'none' },
  p_content: null,
  p_manifest: manifestToMark(),
  'fn_cut_open.p_mode': 'DRYRUN',
  'fn_cut_enact.p_review_decision_id': '00000000-0000-0000-0000-000000000000',
  'fn_cut_profile_set.p_canonical': JSON.stringify({
    description: 'Sonnets.',
    format: 'iu-cut-profile/1',
    labels: [],
    name: 'sonnet',
    version: 1,
  }),
  'fn_cut_source_set.p_prefix': 'US-FED',
  'fn_cut_source_set.p_title': 'The Federalist',
  'fn_cut_source_set.p_authority_class': 'non_authoritative',
  'fn_cut_source_pin.p_prefix': 'SONNETS',
  'fn_cut_source_pin.p_origin': 'sonnets.md',
  'fn_cut_source_pin.p_content': Buffer.from('# 1'),
  'fn_cut_source_pin.p_profile': 'poem',
  'fn_cut_source_pin.p_profile_version': 1,
  'fn_cut_source_pin.p_keep': true,
  'fn_iu_vocabulary_set.p_entries': [
    { code: 'treaty', name: 'Treaty', description: 'A treaty.', sort_order: 30 },
  ],
};

interface Parameter {
  name: string;
  type: string;
}

interface Callable {
  name: string;
  parameters: Parameter[];
}

const CALLABLES = `
  select p.proname as name,
         coalesce((select jsonb_agg(jsonb_build_object('name', a.name, 'type', format_type(a.type, null)) order by a.n)
                     from unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality
                          as a (name, type, n)), '[]') as parameters
    from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname <> '${CALLED_BY_TRIGGER}'
   order by 1, p.oid`;

/** A JSON value once for each text in it, and once for each key, with the payload in its place; and it alone. */
function planted(json: unknown, payload: string): unknown[] {
  const inside = (value: unknown): unknown[] => {
    if (typeof value === 'string') return [payload];
    if (Array.isArray(value))
      return value.flatMap((item, n) => inside(item).map((one) => value.with(n, one)));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) => [
      ...inside(item).map((one) => ({ ...value, [key]: one })),
      { ...value, [payload]: item },
    ]);
  };
  return [payload, [payload], ...inside(json)];
}

/** All values in which a payload is tried for a parameter; none where it takes no text. */
function tried({ type }: Parameter, given: unknown, payload: string): unknown[] {
  if (type === 'text') return [payload];
  if (type === 'text[]') return [[payload], [...(given as string[]), payload]];
  if (type === 'jsonb') return planted(given, payload).map((json) => JSON.stringify(json));
  return [];
}

/** Every payload in every parameter that takes text: which, and the value to try. */
const attempts = ({ parameters }: Callable, given: unknown[]): Array<[number, unknown]> =>
  parameters.flatMap((parameter, n) =>
    PAYLOADS.flatMap((payload) =>
      tried(parameter, given[n], payload).map((attempt): [number, unknown] => [n, attempt]),
    ),
  );

/** The outcome of a call that is rolled back; whatever it was, the canary must be alive after it. */
async function run(client: pg.Client, { name, parameters }: Callable, args: unknown[]): Promise<string> {
  const list = parameters.map(({ type }, n) => `$${n + 1}::${type}`).join(', ');
  const json = (arg: unknown, n: number) =>
    parameters[n]!.type === 'jsonb' && typeof arg === 'object' ? JSON.stringify(arg) : arg;
  await client.query('savepoint before');
  const end = await outcome(client, `select public.${name}(${list})`, args.map(json));
  const alive = end !== 'written' || (await value(client, 'select sum(alive) = 1 from public.canary'));
  await client.query('rollback to before');
  return alive ? end : 'the canary is dead';
}

/** The decisions that the functions of the lifecycle are called with, and the units they are about. */
async function decisions(client: pg.Client): Promise<Record<string, unknown>> {
  const of = (act: 'enact' | 'supersede' | 'retire', address: string) =>
    value(client, `select ${decision(act, address)}`);
  const letter = await value(client, 'select min(id::text) from public.v_iu_route_dead_letter_open');
  const [claimed] = await rows(
    client,
    'select event_id, route_code, claim_token from public.iu_route_pending where claim_token is not null',
  );
  const given: Record<string, unknown> = {
    p_id: letter,
    p_event_id: claimed!.event_id,
    p_route_code: claimed!.route_code,
    p_claim_token: claimed!.claim_token,
    'fn_iu_review_revert.p_review_decision_id': await of('enact', 'US-CONST/ART-10'),
    'fn_iu_review_decide.p_targets': [
      {
        address: 'US-CONST/ART-8',
        version_id: await value(client, "select version_id from public.fn_iu_get('US-CONST/ART-8')"),
      },
    ],
  };
  for (const name of Object.keys(WRITING).filter((one) => /^fn_cut_(?!profile|source|open)/.test(one))) {
    const at = WITHHELD.includes(name) ? 'dryrun' : name.replace('fn_cut_', '');
    given[`${name}.p_run_id`] = await value(client, `select ${runAt(at)}`);
  }
  given.p_run_id = given['fn_cut_dryrun.p_run_id'];
  given.p_source_version_id = await value(client, `select ${sourceAt('open')}`);
  for (const [act, n] of [
    ['enact', 1],
    ['retire', 3],
    ['supersede', 5],
  ] as const) {
    const address = `US-CONST/ART-${n}`;
    for (const name of [`fn_iu_${act}`, `fn_iu_${act}_many`]) {
      given[`${name}.p_review_decision_id`] = await of(act, address);
      given[`${name}.p_address`] = address;
      given[`${name}.p_addresses`] = [address];
    }
  }
  return given;
}

describe.each(oneServer)('text on $name', (server) => {
  const shared = sharedDatabase(server, prepareCalls);

  it('of any kind is saved, read, enacted and reconstructed byte for byte, its hash that of its bytes', async () => {
    const client = await rolledBack(shared());
    const address = (n: number) => `UNICODE/S-${n + 1}`;
    await createMany(
      client,
      BODIES.map((_, n) => spec({ address: address(n), body: 'before' })),
    );
    for (const [n, [title, body]] of BODIES.entries()) {
      const save = "select public.fn_iu_save($1, $2, $3, $3) ->> 'status'";
      // An actor cannot be empty.
      const answer = body.trim() === '' ? [address(n), title, body, 'x'] : [address(n), title, body];
      const call = answer.length === 4 ? save.replace('$3)', '$4)') : save;
      expect([title, await value(client, call, answer)]).toEqual([title, 'saved']);
      expect([title, await value(client, call, answer)]).toEqual([title, 'unchanged']);
      const [unit] = await rows(client, 'select * from public.fn_iu_get($1)', [address(n)]);
      expect(unit).toMatchObject({ title, body, content_hash: sha256(body) });
    }
    const addresses = BODIES.map((_, n) => address(n));
    const id = await approve(client, 'enact', addresses);
    await client.query("select public.fn_iu_enact_many($1, 'an operator', $2)", [addresses, id]);
    const whole = BODIES.map(([, body]) => body).join('');
    for (const call of ["'UNICODE'", "'UNICODE', 1", "'UNICODE', clock_timestamp()"]) {
      const text = await value<string>(client, `select public.fn_iu_reconstruct_source(${call})`);
      expect([call, text === whole, sha256(text)]).toEqual([call, true, sha256(whole)]);
    }
    expect(await rows(client, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('composed and decomposed letters are two contents of one unit', async () => {
    const client = await rolledBack(shared());
    const save = (form: string) =>
      value(client, `select public.fn_iu_save('US-CONST/ART-8', 'x', $1, 'x') ->> 'status'`, [
        LETTERS.normalize(form),
      ]);
    expect([await save('NFC'), await save('NFC'), await save('NFD'), await save('NFD')]).toEqual([
      'saved',
      'unchanged',
      'saved',
      'unchanged',
    ]);
  });

  it.each<[string, string, unknown[], RegExp]>([
    ['in a title', "fn_iu_save('US-CONST/ART-8', $1, '', 'x')", ['a\0b'], /0x00/],
    ['in a body', "fn_iu_save('US-CONST/ART-8', '', $1, 'x')", ['a\0b'], /0x00/],
    ['in an actor', "fn_iu_save('US-CONST/ART-8', '', '', $1)", ['a\0b'], /0x00/],
    ['in a reason', "fn_iu_move('US-CONST/ART-8', null, 'x', $1)", ['a\0b'], /0x00/],
    ['in an alias', "fn_iu_alias_add($1, 'US-CONST/ART-8', 'x', 'x')", ['US-CONST/\0'], /0x00/],
    ['in an address of a list', "fn_iu_move_many($1, null, null, 'x', 'x')", [['a\0b']], /0x00/],
    [
      'in a target of a decision',
      "fn_iu_review_decide('enact', $1, 'approve', 'x', 'x')",
      ['[{"address": "a\\u0000b"}]'],
      /u0000/,
    ],
    ['a NUL that SQL makes', "fn_iu_save('US-CONST/ART-8', '', chr(0), 'x')", [], /null character/],
    ['half a surrogate pair in JSON', "fn_iu_create_many($1, 'x')", ['["\\ud83d"]'], /surrogate/],
    [
      'a byte that is no UTF-8',
      "fn_iu_save('US-CONST/ART-8', '', convert_from($1, 'UTF8'), 'x')",
      [Buffer.from([0xff])],
      /invalid byte sequence/,
    ],
  ])('NUL or what is no text is refused, and said so: %s', async (_, call, given, says) => {
    const client = await session(shared());
    const refused = client.query(`select public.${call}`, given);
    const error = (await refused.catch((cause) => cause)) as Record<'code' | 'message' | 'detail', string>;
    expect(error.code).toMatch(/^(22021|22P05|22P02|54000)$/);
    expect(`${error.message} ${error.detail}`).toMatch(says);
  });

  it('SQL in any text, list or JSON that any public function takes is text: done, or refused by our own error', async () => {
    const client = await rolledBack(shared());
    await client.query(
      "select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'operator', 'facts', null)",
    );
    await client.query(
      `select public.fn_iu_event_type_set('[{"event_domain": "treaty", "event_type": "ratified",
         "event_stream": "update", "delivery_lane": "delayed", "severity": "info", "description": "x"}]', 'x')`,
    );
    await client.query('create table public.canary as select 1 as alive');
    const values = { ...GIVEN, ...(await decisions(client)) };
    const ends = new Map<string, number>();
    const wrong: unknown[] = [];
    for (const callable of await rows<Callable>(client, CALLABLES)) {
      const given = callable.parameters.map(({ name }) => {
        const key = [`${callable.name}.${name}`, name].find((candidate) => candidate in values);
        expect([callable.name, name, key]).toEqual([callable.name, name, expect.any(String)]);
        return values[key!];
      });
      // What is given is sound, so that what follows gets as far as it can.
      expect([callable.name, await run(client, callable, given)]).toEqual([
        callable.name,
        WITHHELD.includes(callable.name) ? 'IU090' : 'written',
      ]);
      for (const [n, attempt] of attempts(callable, given)) {
        const end = await run(client, callable, given.with(n, attempt));
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (!/^(written|IU\d{3})$/.test(end)) wrong.push([end, callable.name, n, attempt]);
      }
    }
    expect(wrong).toEqual([]);
    expect(ends.get('written')).toBeGreaterThan(500);
    expect([...ends.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(1_000);
  }, 120_000);

  it.each(PAYLOADS)('is kept as it was given, and read back so: %s', async (payload) => {
    const client = await rolledBack(shared());
    const address = 'US-CONST/ART-8';
    const run = (call: string, ...given: unknown[]) => client.query(`select public.${call}`, given);
    await run('fn_iu_save($1, $2, $2, $2)', address, payload);
    await run('fn_iu_move($1, null, $2, $2)', address, payload);
    await run('fn_iu_piece_soft_delete($1, $2, $2)', address, payload);
    await run('fn_iu_piece_restore($1, $2, $2)', address, payload);
    await run("fn_iu_alias_add('US-CONST/ARTICLE-8', $1, $2, $2)", address, payload);
    const [unit] = await rows(client, 'select title, body, version_id from public.fn_iu_get($1)', [address]);
    expect(unit).toMatchObject({ title: payload, body: payload });
    const targets = JSON.stringify([{ address, version_id: unit!.version_id }]);
    const answer = await value<Record<string, string>>(
      client,
      "select public.fn_iu_review_decide('enact', $1, 'approve', $2, $2)",
      [targets, payload],
    );
    await run('fn_iu_enact($1, $2, $3, null, $2, $2)', address, payload, answer.review_decision_id);
    await run("fn_iu_gate_open('iu_core.structure_ops_enabled', null, $1, $1, null)", payload);
    const since = await rows<Record<string, string>>(
      client,
      `select event, actor, reason from public.fn_iu_history($1) where actor not in ('R. Herzog')`,
      [address],
    );
    expect(since.map(({ event }) => event).sort()).toEqual(
      ['alias_added', 'drafted', 'enacted', 'moved', 'restored', 'soft_deleted'].sort(),
    );
    for (const { event, actor, reason } of since) {
      expect([actor, reason]).toEqual([payload, event === 'drafted' ? null : payload]);
    }
    expect(
      await rows(client, 'select actor, reason from cutter_governance.review_decision where id = $1', [
        answer.review_decision_id,
      ]),
    ).toEqual([{ actor: payload, reason: payload }]);
    expect(
      await value(
        client,
        "select count(*)::int from public.iu_gate_transition where actor = $1 and reason = $1 and to_state = 'open'",
        [payload],
      ),
    ).toBe(1);
    expect(await rows(client, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });
});
