import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Database, oneServer, until } from '../support/index.ts';
import {
  CALLED_BY_TRIGGER,
  decision,
  deliveries,
  registerHearing,
  targetOf,
  WRITING,
} from './calls.support.ts';
import { cutRuns, WITHHELD } from './cut-run.support.ts';
import {
  contents,
  createMany,
  enact,
  outcome,
  refusal,
  rows,
  schemaDatabase,
  session,
  sha256,
  sharedDatabase,
  spec,
  started,
  statuses,
  untilBlocked,
  value,
} from './support.ts';

const MASTER = 'iu_core.routes_master_enabled';
const SIZE = 1_000_000;
const ART_1 = spec({ address: 'DE-GG/ART-1', body: 'Die Würde des Menschen ist unantastbar.' });

const openCall = 'select public.fn_iu_gate_open($1, null, $2, $3, $4) as answer';
const closeCall = "select public.fn_iu_gate_close($1, 'T. Heuss', 'enough') as answer";

/** Opens the master gate, with a type registered that everybody may emit. */
const open = async (client: pg.Client, ttl: number | null = null, actor = 'K. Adenauer') => {
  await registerHearing(client);
  return client.query(openCall, [MASTER, actor, 'publish', ttl]);
};
const close = (client: pg.Client) => client.query(closeCall, [MASTER]);

interface Emitted {
  status: 'recorded' | 'duplicate' | 'gate_closed';
  event_id?: number;
  event_uid?: string;
}

const emit = (client: pg.Client, key: string | null = null, payload: unknown = {}, type = 'held') =>
  value<Emitted>(
    client,
    "select public.fn_iu_emit_event('hearing', $1, 'public.hearing', 'x', 'a worker', $2, null, $3)",
    [type, JSON.stringify(payload), key],
  );

/** All events, oldest first, as `domain.type`. */
const recorded = async (client: pg.Client) =>
  (
    await rows<{ name: string }>(
      client,
      "select event_domain || '.' || event_type as name from public.event_outbox order by id",
    )
  ).map(({ name }) => name);

/** Moves the ids of events on, as so many events would. */
const moveTo = (client: pg.Client, id: number) =>
  client.query("select setval('public.event_outbox_id_seq', $1)", [id]);

const partitions = async (client: pg.Client) =>
  (
    await rows<{ partition_number: number }>(client, 'select * from iu_core.outbox_partitions() order by 1')
  ).map(({ partition_number }) => partition_number);

const retire = (client: pg.Client, partition: number) =>
  value<Record<string, unknown>>(
    client,
    "select public.fn_iu_outbox_retire_partition($1, 'T. Heuss', 'statute of limitations')",
    [partition],
  );

/** A database whose master gate is open, and a session on it. */
async function opened(database: Database): Promise<pg.Client> {
  const admin = await session(database);
  await open(admin);
  return admin;
}

describe.each(oneServer)('the outbox on $name', (server) => {
  const shared = sharedDatabase(server);
  const sharedOpen = sharedDatabase(server, open);

  it('a closed gate writes nothing and refuses nothing, not even a type that nobody registered', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    expect(await emit(admin, 'k', { body: 1 }, 'sung')).toEqual({ status: 'gate_closed' });
    const facts = `array[iu_core.fact('no_such', 'type', null, null, null, '{"raw": 1}')]`;
    expect(await value(admin, `select iu_core.emit_events(${facts}, null, null)`)).toBe(0);
    expect(await contents(database)).toEqual(before);
    const database2 = await schemaDatabase(server);
    const editor = await session(database2, 'iu_editor');
    expect(statuses(await createMany(editor, [ART_1]))).toEqual(['created']);
    expect(await recorded(await session(database2))).toEqual([]);
  });

  it('with the gate open, what is not registered fails whoever would emit it, whole', async () => {
    const database = await schemaDatabase(server);
    const admin = await opened(database);
    await admin.query(
      `select public.fn_iu_event_type_remove('[{"event_domain": "piece", "event_type": "created"}]', 'dba')`,
    );
    const before = await contents(database);
    expect(await refusal(createMany(admin, [ART_1]))).toMatchObject({
      code: 'IU040',
      detail: { event_types: ['piece.created'] },
    });
    expect(await contents(database)).toEqual(before);
    expect(await rows(admin, 'select scenario from public.fn_iu_check_event_types() where not ok')).toEqual([
      { scenario: 'piece.created is registered' },
    ]);
  });

  it('a caller that rolls back leaves no event, and its key can be used again', async () => {
    const admin = await opened(await schemaDatabase(server));
    await admin.query('begin');
    await createMany(admin, [ART_1]);
    expect(await emit(admin, 'k')).toMatchObject({ status: 'recorded' });
    await admin.query('rollback');
    expect(await recorded(admin)).toEqual(['governance.gate_opened']);
    await admin.query('begin; savepoint s');
    await emit(admin, 'k');
    await admin.query('rollback to s; commit');
    expect(await emit(admin, 'k')).toMatchObject({ status: 'recorded' });
  });

  it.each<['commit' | 'rollback', string]>([
    ['commit', 'duplicate'],
    ['rollback', 'recorded'],
  ])('two sessions with one key: the second waits for the %s, then it is %s', async (end, status) => {
    const database = await schemaDatabase(server);
    const first = await opened(database);
    const second = await session(database);
    await first.query('begin');
    const { event_uid } = await emit(first, 'k');
    const waiting = started(emit(second, 'k'));
    await untilBlocked(database, second);
    await first.query(end);
    const ended = await waiting;
    expect(ended.status).toBe(status);
    expect(ended.event_uid === event_uid).toBe(status === 'duplicate');
    expect(await value(second, 'select count(*)::int from public.event_dedupe')).toBe(1);
    expect(await recorded(second)).toEqual(['governance.gate_opened', 'hearing.held']);
  });

  it('two batches with the same keys in opposite order end without a deadlock', async () => {
    const database = await schemaDatabase(server);
    await opened(database);
    const sessions = await Promise.all([1, 2, 3, 4].map(() => session(database)));
    const keys = Array.from({ length: 200 }, (_, n) => `k${n}`);
    const batch = (order: string[]) =>
      JSON.stringify(
        order.map((dedupe_key) => ({
          event_domain: 'hearing',
          event_type: 'held',
          subject_table: 'public.hearing',
          subject_ref: dedupe_key,
          dedupe_key,
        })),
      );
    const answers = await Promise.all(
      sessions.map((client, n) =>
        value<{ recorded: number }>(client, "select public.fn_iu_emit_events($1, 'a worker')", [
          batch(n % 2 ? keys : keys.toReversed()),
        ]),
      ),
    );
    expect(answers.reduce((sum, answer) => sum + answer.recorded, 0)).toBe(200);
  });

  it('a batch of 10,000 is in the order of its facts, each once, under one correlation id', async () => {
    const admin = await opened(await schemaDatabase(server));
    const units = Array.from({ length: 10_000 }, (_, n) => spec({ address: `DE-BGB/PAR-${n + 1}` }));
    await createMany(admin, units);
    const [found] = await rows(
      admin,
      `select count(*)::int as events, count(distinct correlation_id)::int as operations,
              count(distinct event_uid)::int as uids, count(distinct tx)::int as transactions,
              bool_and(n = split_part(canonical_address, '-', 3)::int) as in_order
         from (select e.*, row_number() over (order by id) as n
                 from public.event_outbox e where event_domain = 'piece') as e`,
    );
    expect(found).toEqual({ events: 10_000, operations: 1, uids: 10_000, transactions: 1, in_order: true });
    expect(await createMany(admin, units.slice(0, 3))).toMatchObject([{ status: 'exists_complete' }, {}, {}]);
    expect(await value(admin, 'select count(*)::int from public.event_outbox')).toBe(10_001);
  });

  it('nobody forges a fact of ours: not its type, not our name, not its key beforehand', async () => {
    const database = await schemaDatabase(server);
    const admin = await opened(database);
    const [unit] = await createMany(admin, [ART_1]);
    const key = `piece.enacted:${unit!.version_id}`;
    const before = await contents(database);
    for (const role of ['iu_operator', 'iu_worker']) {
      const forger = await session(database, role);
      const types = await rows<{ event_domain: string; event_type: string }>(
        admin,
        'select event_domain, event_type from public.event_type_registry where reserved order by 1, 2',
      );
      expect(types).toHaveLength(28);
      for (const { event_domain, event_type } of types) {
        const call = `select public.fn_iu_emit_event($1, $2, 't', 'x', 'forger')`;
        expect(await refusal(forger.query(call, [event_domain, event_type]))).toMatchObject({
          code: 'IU044',
          detail: { event_types: [`${event_domain}.${event_type}`] },
        });
      }
      const all = JSON.stringify(types.map((type) => ({ ...type, subject_table: 't', subject_ref: 'x' })));
      const { code, detail } = await refusal(
        forger.query(`select public.fn_iu_emit_events($1, 'forger')`, [all]),
      );
      expect(code).toBe('IU044');
      expect(detail.event_types).toHaveLength(28);
      const named = `select public.fn_iu_emit_event('hearing', 'held', 't', 'x', 'forger', p_source_system => 'iu_core')`;
      expect(await refusal(forger.query(named))).toMatchObject({
        code: 'IU044',
        detail: { source_system: 'iu_core' },
      });
    }
    expect(await contents(database)).toEqual(before);
    expect(await emit(admin, key)).toMatchObject({ status: 'recorded' });
    await enact(admin, ['DE-GG/ART-1']);
    expect(
      await rows(
        admin,
        `select o.event_type, o.source_system
           from public.event_dedupe d join public.event_outbox o on o.id = d.event_id and o.source_system = d.source_system
          where d.dedupe_key = $1 order by o.id`,
        [key],
      ),
    ).toEqual([
      { event_type: 'held', source_system: 'external' },
      { event_type: 'enacted', source_system: 'iu_core' },
    ]);
  });

  it('one fact alone is written as among others, and refused in the same words', async () => {
    const admin = await opened(await schemaDatabase(server));
    const fact = {
      event_domain: 'hearing',
      event_type: 'held',
      subject_table: 'public.hearing',
      subject_ref: '1',
      canonical_address: 'DE-GG/ART-1',
      safe_payload: { witnesses: 3 },
      causation: { by: 'a summons' },
      dedupe_key: 'held:1',
    };
    const alone = `select public.fn_iu_emit_event(f ->> 'event_domain', f ->> 'event_type', f ->> 'subject_table',
        f ->> 'subject_ref', 'a clerk', f -> 'safe_payload', f ->> 'canonical_address', f ->> 'dedupe_key', null,
        f -> 'causation', 'the court') from jsonb_array_elements($1::jsonb) as f`;
    const among = `select public.fn_iu_emit_events($1::jsonb, 'a clerk', 'the court')`;
    /** What a call writes, or its refusal; it leaves nothing. */
    const written = async (call: string, facts: unknown[]) => {
      await admin.query('begin');
      try {
        await admin.query(call, [JSON.stringify(facts)]);
        return await rows(
          admin,
          `select to_jsonb(e) - array['id', 'event_uid', 'tx', 'correlation_id', 'occurred_at', 'created_at'] as event,
                  d.source_system, d.dedupe_key
             from public.event_outbox e left join public.event_dedupe d on d.event_id = e.id
            where e.tx = pg_current_xact_id()`,
        );
      } catch (error) {
        const { message, detail, hint } = error as Record<string, string>;
        return { message, detail, hint };
      } finally {
        await admin.query('rollback');
      }
    };
    for (const [facts, expected] of [
      [[fact], 'written'],
      [[{ ...fact, dedupe_key: undefined, causation: undefined, canonical_address: undefined }], 'written'],
      [[fact, { ...fact, subject_ref: '2' }], 'written'],
      [[{ ...fact, event_type: 'sung' }], 'IU040'],
      [[{ ...fact, event_domain: 'piece', event_type: 'enacted' }], 'IU044'],
      [[{ ...fact, safe_payload: { a: [{ body: 'text' }] } }], 'IU041'],
      [[{ ...fact, causation: { token: 't' } }], 'IU041'],
    ] as const) {
      const one = await written(alone, [...facts]);
      expect(one).toEqual(await written(among, [...facts]));
      expect(Array.isArray(one) ? (one.length === 1 ? 'written' : one) : one.message?.slice(0, 5)).toEqual(
        expected,
      );
    }
  });

  it('a fact of a unit names its version, and never its text', async () => {
    const admin = await opened(await schemaDatabase(server));
    const [unit] = await createMany(admin, [ART_1]);
    const [event] = await rows(
      admin,
      `select event_stream, subject_table, subject_ref, canonical_address, actor_ref, safe_payload, dedupe_key
         from public.event_outbox e join public.event_dedupe d on d.event_id = e.id`,
    );
    expect(event).toEqual({
      event_stream: 'birth',
      subject_table: 'public.information_unit',
      subject_ref: unit!.unit_id,
      canonical_address: 'DE-GG/ART-1',
      actor_ref: 'R. Herzog',
      safe_payload: {
        version_id: unit!.version_id,
        version_seq: 1,
        content_hash: sha256(ART_1.body),
        doc_code: 'DE-GG',
        unit_kind: 'law_unit',
        section_type: 'article',
      },
      dedupe_key: `piece.created:${unit!.version_id}`,
    });
  });

  it('no generated payload without a forbidden key is refused, each with one planted is', async () => {
    const admin = await session(sharedOpen());
    const words = ['body', 'content', 'raw', 'vector', 'embedding', 'secret', 'token', 'password', 'ssn'];
    const forbidden = new Set([...words, 'personal_data']);
    // Strings that look like JSON with such a key in it.
    const tricky = fc.constantFrom(
      ...words.flatMap((word) => [
        `"${word}":`,
        `{"${word}": 1}`,
        `\\"${word}\\":`,
        `, "${word}"`,
        ` ${word}`,
      ]),
    );
    const text = fc.oneof(fc.string(), tricky, fc.constantFrom(...words));
    const key = fc.oneof(fc.string(), tricky).filter((name) => !forbidden.has(name.toLowerCase()));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const clean = (json: unknown) => JSON.stringify(json).replaceAll('\\u0000', '');
    const found = async (json: unknown) =>
      value<boolean>(admin, 'select iu_core.has_forbidden_key($1)', [clean(json)]);
    const cased = fc
      .tuple(fc.constantFrom(...forbidden), fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }))
      .map(([word, upper]) => [...word].map((c, n) => (upper[n] ? c.toUpperCase() : c)).join(''));
    await fc.assert(
      fc.asyncProperty(tree, cased, fc.array(fc.boolean(), { maxLength: 5 }), async (json, word, path) => {
        expect(await found({ a: json })).toBe(false);
        const planted = path.reduce<unknown>(
          (inner, array) => (array ? [json, inner] : { a: json, b: inner }),
          {
            z: 1,
            [word]: json,
          },
        );
        expect(await found({ a: planted })).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect((await refusal(emit(admin, null, { a: [{ ToKeN: 1 }] }))).code).toBe('IU041');
  });

  it('every function that changes something emits one fact, and none when it changes nothing', async () => {
    const database = await schemaDatabase(server);
    const admin = await opened(database);
    const unit = `'[{"address": "DE-GG/ART-1", "title": "Art 1", "body": "", "unit_kind": "law_unit",
                     "section_type": "article"}]'`;
    const type = `'[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
                     "delivery_lane": "delayed", "severity": "info", "description": "A treaty was signed."}]'`;
    const code = `'[{"code": "treaty", "name": "Treaty", "sort_order": 30, "description": "A treaty."}]'`;
    const key = 'iu_core.archive_enabled';
    const parent_unit_id = null;
    const moved = expect.objectContaining({ parent_unit_id });
    const id = expect.any(String);
    await deliveries(admin);
    await cutRuns(admin);
    const [replayed, closed] = (
      await rows<{ id: string }>(admin, 'select id from public.v_iu_route_dead_letter_open order by event_id')
    ).map((letter) => letter.id);
    const consumer = 'harvest.consume(jsonb)';
    const edition = (edition: number, units: number) => ({
      doc_code: 'DE-GG',
      edition,
      units,
      moved_units: 0,
      root_hash: id,
    });
    const decided = (act: string, verdict: string) => ({ act, verdict, units: 1, subject_digest: id });
    const decide = (act: string, address: string, successor?: string): [string, string, object] => [
      `fn_iu_review_decide('${act}', ${targetOf(act, address, successor)}, 'approve', 'a', 'r')`,
      'review.decided',
      decided(act, 'approve'),
    ];
    /** What is called, what it emits, and the payload; then, where there is a second fact, that one too. What moves
     * deliveries emits none: their ledgers are the record, and a fact would be an event to route. */
    const CALLS: Array<[string, ...unknown[]]> = [
      [
        `fn_dot_config_set('iu_core.motto', 'E pluribus unum', 'a', 'r')`,
        'governance.setting_changed',
        { key: 'iu_core.motto' },
      ],
      [`fn_iu_gate_declare('${key}', 'standing', 'Archives.', 'a')`, 'governance.gate_declared', { key }],
      [`fn_iu_gate_open('${key}', null, 'a', 'r', null)`, 'governance.gate_opened', { key, until: null }],
      [`fn_iu_gate_close('${key}', 'a', 'r')`, 'governance.gate_closed', { key }],
      [`fn_iu_gate_withdraw('${key}', 'a')`, 'governance.gate_withdrawn', { key }],
      [
        `fn_iu_vocabulary_set('unit_kind', ${code}, 'a')`,
        'governance.vocabulary_changed',
        { vocabulary: 'unit_kind', codes: ['treaty'] },
      ],
      [
        `fn_iu_vocabulary_remove('unit_kind', '{treaty}', 'a')`,
        'governance.vocabulary_changed',
        { vocabulary: 'unit_kind', codes: ['treaty'] },
      ],
      [
        `fn_iu_event_type_set(${type}, 'a')`,
        'governance.event_types_changed',
        { event_types: ['treaty.signed'] },
      ],
      [
        `fn_iu_event_type_remove(${type}, 'a')`,
        'governance.event_types_changed',
        { event_types: ['treaty.signed'] },
      ],
      [`fn_iu_create_many(${unit}, 'a')`, 'piece.created', expect.objectContaining({ version_seq: 1 })],
      [
        `fn_iu_create('DE-GG/ART-2', 'Art 2', '', 'a', 'law_unit', 'article')`,
        'piece.created',
        expect.objectContaining({ doc_code: 'DE-GG' }),
      ],
      [
        `fn_iu_outbox_make_partitions(5, 'a')`,
        'governance.outbox_partitions_made',
        { partitions: ['event_outbox_p5'] },
      ],
      [
        `fn_iu_emit_event('hearing', 'held', 't', 'x', 'a', '{"n": 1}', null, 'held:1')`,
        'hearing.held',
        { n: 1 },
      ],
      [
        `fn_iu_emit_events('[{"event_domain": "hearing", "event_type": "held", "subject_table": "t", "subject_ref": "x",
                             "dedupe_key": "held:2"}]', 'a')`,
        'hearing.held',
        {},
      ],
      [
        `fn_iu_save('DE-GG/ART-1', 'Art 1', 'Die Würde', 'a')`,
        'piece.updated',
        { version_id: id, version_seq: 2, content_hash: sha256('Die Würde') },
      ],
      [
        `fn_iu_alias_add('DE-GG/ARTIKEL-1', 'DE-GG/ART-1', 'a', 'r')`,
        'piece.alias_added',
        { alias: 'DE-GG/ARTIKEL-1' },
      ],
      [`fn_iu_move('DE-GG/ART-2', null, 'a', 'r')`, 'piece.moved', moved],
      [`fn_iu_move_many('{DE-GG/ART-1}', null, null, 'a', 'r')`, 'piece.moved', moved],
      [`fn_iu_reparent('DE-GG/ART-2', 'DE-GG/ART-1', 'a', 'r')`, 'piece.moved', { parent_unit_id: id }],
      [
        `fn_iu_rebalance('DE-GG', 'DE-GG/ART-1', 'a', 'r')`,
        'document.rebalanced',
        { doc_code: 'DE-GG', units: 1 },
      ],
      [`fn_iu_piece_soft_delete('DE-GG/ART-2', 'a', 'r')`, 'piece.soft_deleted', { parent_unit_id: id }],
      [`fn_iu_piece_restore('DE-GG/ART-2', 'a', 'r')`, 'piece.restored', { parent_unit_id: id }],
      decide('enact', 'DE-GG/ART-1'),
      [
        `fn_iu_enact('DE-GG/ART-1', 'a', ${decision('enact', 'DE-GG/ART-1')})`,
        'piece.enacted',
        { version_id: id, from_status: 'draft' },
        'document.edition_frozen',
        edition(1, 1),
      ],
      decide('enact', 'DE-GG/ART-2'),
      [
        `fn_iu_enact_many('{DE-GG/ART-2}', 'a', ${decision('enact', 'DE-GG/ART-2')})`,
        'piece.enacted',
        { version_id: id, from_status: 'draft' },
        'document.edition_frozen',
        edition(2, 2),
      ],
      decide('supersede', 'DE-GG/ART-2', 'DE-GG/ART-1'),
      [
        `fn_iu_supersede_many('{DE-GG/ART-2}', 'a', ${decision('supersede', 'DE-GG/ART-2')})`,
        'piece.superseded',
        { version_id: id, from_status: 'enacted', successor_unit_id: id },
        'document.edition_frozen',
        edition(3, 1),
      ],
      decide('retire', 'DE-GG/ART-2'),
      [
        `fn_iu_retire_many('{DE-GG/ART-2}', 'a', ${decision('retire', 'DE-GG/ART-2')})`,
        'piece.retired',
        { version_id: id, from_status: 'superseded' },
      ],
      decide('retire', 'DE-GG/ART-1'),
      [
        `fn_iu_review_revert(${decision('retire', 'DE-GG/ART-1')}, 'a', 'r')`,
        'review.decided',
        decided('retire', 'revert'),
      ],
      decide('retire', 'DE-GG/ART-1'),
      [
        `fn_iu_retire('DE-GG/ART-1', 'a', ${decision('retire', 'DE-GG/ART-1')})`,
        'piece.retired',
        { version_id: id, from_status: 'enacted' },
        'document.edition_frozen',
        edition(4, 0),
      ],
      [
        `fn_cut_profile_set(${WRITING.fn_cut_profile_set!.replace("'operator'", "'a'")})`,
        'cut.profile_registered',
        { name: 'sonnet', version: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
      [
        `fn_cut_source_set('SONNETS', 'Sonnets', 'non_authoritative', 'W. Shakespeare', 'a')`,
        'cut.document_stated',
        { doc_prefix: 'SONNETS', authority_class: 'non_authoritative', owner_ref: 'W. Shakespeare' },
      ],
      [
        `fn_cut_source_pin('SONNETS', 'sonnets.md', convert_to('# 1', 'UTF8'), 'sonnet', 1, true, 'a')`,
        'cut.source_pinned',
        { doc_prefix: 'SONNETS', sha256: sha256('# 1'), bytes: 3, kept: true },
      ],
      ...(
        [
          ['open', ['pending', 'source_pinned']],
          ['mark', ['source_pinned', 'marked']],
          ['plan', ['marked', 'plan_ok']],
          ['record_backup', ['plan_ok', 'backup_taken']],
          ['probe_grants', ['backup_taken', 'grants_probed'], ['grants_probed', 'awaiting_sg_1']],
          ['dryrun'],
          ['close', ['awaiting_sg_1', 'closed']],
          ['stop', ['source_pinned', 'stopped']],
          ['resume', ['stopped', 'awaiting_sg_1']],
          ['void', ['source_pinned', 'voided']],
        ] as Array<[string, ...string[][]]>
      ).map(([name, ...moves]): [string, ...unknown[]] => [
        `fn_cut_${name}(${WRITING[`fn_cut_${name}`]!.replace(/'(scribe|an approver)'$/, "'a'")})`,
        ...moves.flatMap(([from_state, to_state]) => [
          'cut.run_moved',
          expect.objectContaining({ from_state, to_state }),
        ]),
      ]),
      // On what `deliveries` left.
      ...['claim_pending', 'record_attempt', 'worker_run'].map((name): [string] => [
        `fn_iu_route_${name}(${WRITING[`fn_iu_route_${name}`]})`,
      ]),
      [
        `fn_iu_route_set('[{"route_code": "harvest.call", "dry_run": true}]', 'a')`,
        'governance.routes_changed',
        { route_codes: ['harvest.call'] },
      ],
      [
        `fn_iu_route_dead_letter_replay('${replayed}', 'a', 'r')`,
        'governance.delivery_changed',
        { dead_letter: replayed, resolution: 'replayed' },
      ],
      [
        `fn_iu_route_worker_resolve('${closed}', 'a', 'r')`,
        'governance.delivery_changed',
        { dead_letter: closed, resolution: 'closed', reason: 'r' },
      ],
      [
        `fn_iu_route_consumer_remove('${consumer}', 'a')`,
        'governance.delivery_changed',
        { function: consumer },
      ],
      [
        `fn_iu_route_consumer_set('${consumer}', 'Fails.', 'a')`,
        'governance.delivery_changed',
        { function: consumer },
      ],
      [
        `fn_iu_delivery_target_set('report', false, 'a', 'r')`,
        'governance.delivery_changed',
        { kind: 'report', built: false, reason: 'r' },
      ],
      [
        `fn_iu_fence_set('there', 'sixteen characters', 'a', 'r')`,
        'governance.delivery_changed',
        { deployment_id: 'there' },
      ],
      [
        `fn_iu_route_remove('{harvest.dry}', 'a')`,
        'governance.routes_changed',
        { route_codes: ['harvest.dry'] },
      ],
      [
        `fn_iu_sql_route_remove('{harvest.inbound}', 'a')`,
        'governance.routes_changed',
        { route_codes: ['harvest.inbound'] },
      ],
      [
        `fn_iu_sql_route_set(${WRITING.fn_iu_sql_route_set!.replace("'dba'", "'a'")})`,
        'governance.routes_changed',
        { route_codes: ['harvest.other'] },
      ],
      [
        `fn_iu_route_worker_register('new', '{}', 'a')`,
        'governance.route_worker_changed',
        { worker: 'new', change: 'registered' },
      ],
      ...(['enable', 'disable', 'remove'] as const).map((act): [string, string, object] => [
        `fn_iu_route_worker_${act}('new', 'a', 'r')`,
        'governance.route_worker_changed',
        { worker: 'new', change: `${act}d`, reason: 'r' },
      ]),
      [
        `fn_iu_route_worker_rebaseline('clerk', 'fresh', 'a', 'r')`,
        'governance.route_worker_changed',
        expect.objectContaining({ worker: 'clerk', change: 'rebaselined', mode: 'fresh', reason: 'r' }),
      ],
    ];
    const called = new Set(CALLS.map(([call]) => call.slice(0, call.indexOf('('))));
    const writing = await rows<{ name: string }>(
      admin,
      `select p.proname as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v'`,
    );
    // Its own test is below.
    called.add('fn_iu_outbox_retire_partition');
    // Its form for many is called above; it needs two units in force.
    called.add('fn_iu_supersede');
    called.add(CALLED_BY_TRIGGER);
    for (const name of WITHHELD) called.add(name);
    expect(new Set(writing.map(({ name }) => name))).toEqual(called);

    const newest = () =>
      rows<{ id: string; name: string; actor_ref: string; safe_payload: unknown }>(
        admin,
        `select id, event_domain || '.' || event_type as name, actor_ref, safe_payload
           from public.event_outbox where id > $1 order by id`,
        [last],
      );
    let last = await value<string>(admin, 'select max(id) from public.event_outbox');
    for (const [call, ...facts] of CALLS) {
      await admin.query(`select public.${call}`);
      const events = await newest();
      expect([call, events.map(({ id: _, ...event }) => event)]).toEqual([
        call,
        facts.flatMap((name, n) => (n % 2 ? [] : [{ name, actor_ref: 'a', safe_payload: facts[n + 1] }])),
      ]);
      last = events.at(-1)?.id ?? last;
      // Creating again, moving to the same place …: nothing changes, so there is no fact. Some are undone by
      // the next call, and a decision, or new keys, are new each time.
      const undone = ['fn_iu_gate_declare', 'fn_iu_gate_open', 'fn_iu_gate_close', 'fn_iu_rebalance'];
      undone.push('fn_iu_review_decide', 'fn_iu_route_worker_rebaseline', 'fn_iu_route_record_attempt');
      if (!undone.some((prefix) => call.startsWith(prefix))) {
        await admin.query(`select public.${call}`);
        expect([call, await newest()]).toEqual([call, []]);
      }
    }
  });
});

describe.each(oneServer)('the master gate on $name', (server) => {
  it('a close waits for an emitter in flight, and after it nothing is written', async () => {
    const database = await schemaDatabase(server);
    const emitter = await opened(database);
    const operator = await session(database);
    await emitter.query('begin');
    await createMany(emitter, [ART_1]);
    const closing = started(close(operator));
    await untilBlocked(database, operator);
    expect(await emit(emitter)).toMatchObject({ status: 'recorded' });
    const late = await session(database);
    const waiting = started(emit(late));
    await untilBlocked(database, late);
    await emitter.query('commit');
    expect((await closing).rows).toMatchObject([{ answer: { status: 'closed' } }]);
    expect(await waiting).toEqual({ status: 'gate_closed' });
    expect(await recorded(emitter)).toEqual([
      'governance.gate_opened',
      'piece.created',
      'hearing.held',
      'governance.gate_closed',
    ]);
  });

  it('what began before an opening waits for nobody, and what begins after it is recorded', async () => {
    const database = await schemaDatabase(server);
    const [early, operator] = [await session(database), await session(database)];
    await early.query('begin');
    await createMany(early, [ART_1]);
    const opening = started(open(operator));
    await untilBlocked(database, operator);
    await createMany(early, [spec({ address: 'DE-GG/ART-2' })]);
    await early.query('commit');
    await opening;
    await createMany(early, [spec({ address: 'DE-GG/ART-3' })]);
    expect(await recorded(early)).toEqual(['governance.gate_opened', 'piece.created']);
  });

  it('closers and openers race without a deadlock', async () => {
    const database = await schemaDatabase(server);
    const holder = await opened(database);
    await holder.query('begin');
    await emit(holder);
    const racers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => session(database)));
    const ends = racers.map((client, n) =>
      started(
        n % 2
          ? outcome(client, closeCall, [MASTER])
          : outcome(client, openCall, [MASTER, 'K. Adenauer', 'publish', null]),
      ),
    );
    for (const client of racers) await untilBlocked(database, client);
    await holder.query('commit');
    expect(await Promise.all(ends)).toEqual(Array(6).fill('written'));
    const declare = `select public.fn_iu_gate_declare($1, 'standing', $2, 'dba')`;
    await close(holder);
    const declared = racers.map((client, n) => outcome(client, declare, [MASTER, `Takes turn ${n}.`]));
    expect(await Promise.all(declared)).toEqual(Array(6).fill('written'));
  });

  it('a lease that lapses stops recording by itself', async () => {
    const admin = await session(await schemaDatabase(server));
    await open(admin, 1);
    expect(await emit(admin)).toMatchObject({ status: 'recorded' });
    await until('the lease to lapse', async () => (await emit(admin)).status === 'gate_closed');
    expect(statuses(await createMany(admin, [ART_1]))).toEqual(['created']);
    await close(admin);
    expect(new Set(await recorded(admin))).toEqual(new Set(['governance.gate_opened', 'hearing.held']));
  });

  it('the gaps are those of a history of openings, closes and a lease that lapsed', async () => {
    const admin = await session(await schemaDatabase(server));
    const gaps = async () =>
      (
        await rows(
          admin,
          `select g.cause, g.actor, g.reason, coalesce(f.name, 'ever') as since, coalesce(t.name, 'now') as until
             from public.v_iu_outbox_gaps g
             left join (select moved_at as at, to_state || ' ' || seq as name from public.iu_gate_transition
                        union all
                        select until, 'lapse ' || seq from public.iu_gate_transition) as f on f.at = g.gap_from
             left join (select moved_at as at, to_state || ' ' || seq as name
                          from public.iu_gate_transition) as t on t.at = g.gap_to
            order by g.gap_from nulls first`,
        )
      ).map((row) => Object.values(row).join(', '));
    expect(await gaps()).toEqual(['never_opened, , , ever, now']);
    await open(admin);
    expect(await gaps()).toEqual(['never_opened, , , ever, open 1']);
    await close(admin);
    await open(admin, 1, 'L. Erhard');
    await until('the lease to lapse', async () => (await gaps()).length === 3);
    expect(await gaps()).toEqual([
      'never_opened, , , ever, open 1',
      'closed, T. Heuss, enough, closed 2, open 3',
      'lapsed, L. Erhard, publish, lapse 3, now',
    ]);
    await close(admin);
    expect((await gaps()).at(-1)).toBe('lapsed, L. Erhard, publish, lapse 3, now');
    await open(admin, 1, 'K. Adenauer');
    await until('the lease to lapse', async () => (await gaps()).length === 4);
    await open(admin);
    expect(await gaps()).toEqual([
      'never_opened, , , ever, open 1',
      'closed, T. Heuss, enough, closed 2, open 3',
      'lapsed, L. Erhard, publish, lapse 3, open 5',
      'lapsed, K. Adenauer, publish, lapse 5, open 6',
    ]);
  });
});

describe.each(oneServer)('partitions of the outbox on $name', (server) => {
  const check = (client: pg.Client) =>
    rows<{ scenario: string }>(client, 'select scenario from public.fn_iu_check_outbox() where not ok');

  it('are made ahead by the emitter that comes near the end, and are locked as the first ones', async () => {
    const database = await schemaDatabase(server);
    const admin = await opened(database);
    expect(await partitions(admin)).toEqual([0, 1, 2, 3, 4]);
    const editor = await session(database, 'iu_editor');
    await moveTo(admin, 3 * SIZE);
    await createMany(editor, [ART_1]);
    expect(await partitions(admin)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await check(admin)).toEqual([]);
    for (const partition of ['event_outbox_p3', 'event_outbox_p7']) {
      for (const write of [
        `insert into public.${partition} select * from public.event_outbox`,
        `copy public.${partition} from program 'true'`,
        `update public.${partition} set actor_ref = 'somebody else'`,
        `delete from public.${partition}`,
        `truncate public.${partition}`,
        `merge into public.${partition} t using public.event_outbox s on t.id = s.id when matched then delete`,
      ]) {
        expect([write, await outcome(admin, write)]).toEqual([write, 'IU001']);
      }
    }
    await admin.query(`create function pg_temp.write(p_statement text) returns void language plpgsql
      security definer as $$ begin execute p_statement; end $$;
      alter function pg_temp.write(text) owner to workflow_admin`);
    for (const write of [
      "update public.event_outbox_p3 set actor_ref = 'somebody else'",
      'delete from public.event_outbox_p3',
      'truncate public.event_outbox_p3',
      'truncate public.event_outbox',
    ]) {
      expect([write, await outcome(admin, 'select pg_temp.write($1)', [write])]).toEqual([write, 'IU002']);
    }
    expect(await rows(admin, 'select * from iu_core.check_locks() where not ok')).toEqual([]);
  });

  it('look alike, whoever made them', async () => {
    const admin = await opened(await schemaDatabase(server));
    await moveTo(admin, 3 * SIZE);
    await emit(admin);
    const shape = (partition: string) =>
      rows(
        admin,
        `select replace(q.fact, $1::text, 'P') as fact from (
           select pg_get_indexdef(indexrelid) from pg_index where indrelid = $1::text::regclass
           union all select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::text::regclass
           union all select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1::text::regclass
           union all select attname || format_type(atttypid, null) || attnotnull || col_description(attrelid, attnum)
                       from pg_attribute where attrelid = $1::text::regclass and attnum > 0
           union all select relowner::regrole::text from pg_class where oid = $1::text::regclass) as q (fact) order by 1`,
        [partition],
      );
    expect(await shape('event_outbox_p6')).toEqual(await shape('event_outbox_p0'));
  });

  it('an emitter near the end neither waits for DDL in another session nor fails because of it', async () => {
    const database = await schemaDatabase(server);
    const emitter = await opened(database);
    const other = await session(database);
    await moveTo(emitter, 3 * SIZE);
    await other.query('begin; lock table public.event_outbox in share update exclusive mode');
    await emitter.query("set statement_timeout = '20s'; set lock_timeout = '10s'");
    expect(await emit(emitter)).toMatchObject({ status: 'recorded' });
    expect(await partitions(emitter)).toEqual([0, 1, 2, 3, 4]);
    await other.query('rollback');
    expect(await emit(emitter)).toMatchObject({ status: 'recorded' });
    expect(await partitions(emitter)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('two emitters near the end: one makes them, the other goes on, whatever becomes of the first', async () => {
    const database = await schemaDatabase(server);
    const first = await opened(database);
    const second = await session(database);
    await moveTo(first, 3 * SIZE);
    await first.query('begin');
    await emit(first);
    expect(await emit(second)).toMatchObject({ status: 'recorded' });
    await first.query('rollback');
    expect(await partitions(first)).toEqual([0, 1, 2, 3, 4]);
    await emit(second);
    expect(await partitions(first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('a long transaction that reads events keeps no emitter from making partitions', async () => {
    const database = await schemaDatabase(server);
    const emitter = await opened(database);
    const reader = await session(database);
    await reader.query('begin; select count(*) from public.event_outbox');
    await moveTo(emitter, 3 * SIZE);
    await emit(emitter);
    expect(await partitions(emitter)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await recorded(reader)).toHaveLength(2);
    await reader.query('commit');
  });

  it('an emitter that is called from a query over events records all the same', async () => {
    const admin = await opened(await schemaDatabase(server));
    await moveTo(admin, 3 * SIZE);
    const call = `public.fn_iu_emit_event('hearing', 'held', 't', 'x', 'a')`;
    expect(await outcome(admin, `select ${call} from public.event_outbox`)).toBe('written');
    expect(await recorded(admin)).toEqual(['governance.gate_opened', 'hearing.held']);
  });

  it('are made by call, once, and one that is missing or not locked is named by the check', async () => {
    const database = await schemaDatabase(server);
    const worker = await session(database, 'iu_worker');
    const admin = await session(database);
    const make = "select public.fn_iu_outbox_make_partitions(6, 'a worker')";
    expect(await value(worker, make)).toEqual({
      status: 'made',
      partitions: ['event_outbox_p5', 'event_outbox_p6'],
    });
    expect(await value(worker, make)).toEqual({ status: 'unchanged', partitions: [] });
    await admin.query('alter table public.event_outbox_p6 disable trigger iu_lock_2_truncate');
    expect(await check(admin)).toEqual([{ scenario: 'every partition is attached, declared and locked' }]);
    await admin.query('alter table public.event_outbox_p6 enable trigger iu_lock_2_truncate');
    await moveTo(admin, 5 * SIZE);
    expect(await check(admin)).toEqual([{ scenario: 'partitions of the outbox are made ahead' }]);
    await admin.query('alter table public.event_outbox detach partition public.event_outbox_p2');
    expect((await check(admin)).length).toBe(2);
  });

  it('a retired one is on record, with a digest that its archive recomputes to', async () => {
    const database = await schemaDatabase(server);
    const admin = await opened(database);
    await createMany(admin, [ART_1, spec({ address: 'DE-GG/ART-2' })]);
    await admin.query("set timezone = 'Asia/Ho_Chi_Minh'");
    expect((await refusal(retire(admin, 0))).code).toBe('IU042');
    await moveTo(admin, 2 * SIZE);
    expect(await refusal(retire(admin, 1))).toMatchObject({
      code: 'IU042',
      detail: { partition: 1, oldest: 0, newest: 2 },
    });
    const archive = await withUtc(database, (utc) =>
      rows<{ row: string }>(utc, 'select to_jsonb(e)::text as row from public.event_outbox e order by id'),
    );
    const digest = createHash('sha256');
    for (const { row } of archive) digest.update(createHash('sha256').update(row).digest());
    const retired = await retire(admin, 0);
    expect(retired).toEqual({
      status: 'retired',
      partition: 0,
      from_id: 0,
      to_id: SIZE - 1,
      events: 3,
      digest: digest.digest('hex'),
    });
    expect(await retire(admin, 0)).toEqual({ ...retired, status: 'already_retired' });
    expect(await partitions(admin)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await recorded(admin)).toEqual(['governance.outbox_partition_retired']);
    const ledger = 'select actor, login, reason, events::int, digest from public.event_outbox_retention';
    expect(await rows(admin, ledger)).toEqual([
      {
        actor: 'T. Heuss',
        login: 'postgres',
        reason: 'statute of limitations',
        events: 3,
        digest: retired.digest,
      },
    ]);
    expect(await value(admin, 'select count(*)::int from public.event_dedupe')).toBe(2);
    expect(await check(admin)).toEqual([]);
    expect(await retire(admin, 1)).toMatchObject({ status: 'retired', events: 0 });
    expect((await refusal(retire(admin, 2))).code).toBe('IU042');
  });

  it('a retirement waits for a writer that has an id of it, and counts what it wrote', async () => {
    const database = await schemaDatabase(server);
    const writer = await opened(database);
    const operator = await session(database);
    await writer.query('begin');
    await emit(writer);
    await moveTo(operator, SIZE);
    const waiting = started(retire(operator, 0));
    await untilBlocked(database, operator);
    await writer.query('commit');
    expect(await waiting).toMatchObject({ status: 'retired', events: 2 });
  });

  it('two retire the same one: the second finds it retired', async () => {
    const database = await schemaDatabase(server);
    const first = await opened(database);
    const second = await session(database);
    await moveTo(first, SIZE);
    await first.query('begin');
    expect(await retire(first, 0)).toMatchObject({ status: 'retired' });
    const waiting = started(retire(second, 0));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({ status: 'already_retired' });
  });
});

/** Runs `work` on a session whose TimeZone is UTC. */
async function withUtc<T>(database: Database, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await session(database);
  await client.query("set timezone = 'UTC'");
  return work(client);
}
