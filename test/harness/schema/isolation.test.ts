import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { contents, refusal, rows, session, sharedDatabase } from './support.ts';

/** A call of every function that writes, each of which would succeed. */
const WRITING: Record<string, string> = {
  fn_dot_config_set: "'iu_core.batch_size', '100', 'operator', 'load'",
  fn_iu_create: "'DE-GG/ART-1', 'Art 1', '', 'scribe', 'law_unit', 'article'",
  fn_iu_create_many: `'[{"address": "DE-GG/ART-2", "title": "Art 2", "body": "",
                         "unit_kind": "law_unit", "section_type": "article"}]', 'scribe'`,
  fn_iu_emit_event: "'hearing', 'held', 'public.hearing', '1', 'operator'",
  fn_iu_emit_events: `'[{"event_domain": "hearing", "event_type": "held",
                         "subject_table": "public.hearing", "subject_ref": "1"}]', 'operator'`,
  fn_iu_event_type_remove: `'[{"event_domain": "piece", "event_type": "alias_added"}]', 'dba'`,
  fn_iu_event_type_set: `'[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
                            "delivery_lane": "delayed", "severity": "info",
                            "description": "A treaty was signed."}]', 'dba'`,
  fn_iu_gate_close: "'iu_core.composer_enabled', 'operator', 'done'",
  fn_iu_gate_declare: "'iu_core.archive_enabled', 'standing', 'Moves old editions.', 'dba'",
  fn_iu_gate_open: "'iu_core.composer_enabled', null, 'operator', 'compose', 60",
  fn_iu_gate_withdraw: "'iu_core.structure_ops_enabled', 'dba'",
  fn_iu_outbox_make_partitions: "9, 'operator'",
  fn_iu_outbox_retire_partition: "0, 'operator', 'statute of limitations'",
  fn_iu_vocabulary_remove: "'section_type', '{changelog}', 'dba'",
  fn_iu_vocabulary_set: `'unit_kind', '[{"code": "treaty", "name": "Treaty", "sort_order": 30,
                                          "description": "A piece of a treaty."}]', 'dba'`,
};

/** The gates are closed: there is nothing to write, so nothing is refused either. */
const NOTHING_TO_WRITE: Record<string, string> = {
  fn_iu_emit_event: 'gate_closed',
  fn_iu_emit_events: 'gate_closed',
  fn_iu_gate_close: 'already_closed',
};

/** So that partition 0 can be retired. */
const nextPartition = (admin: pg.Client) =>
  admin.query("select setval('public.event_outbox_id_seq', 1000000)");

describe.each(servers)('isolation on $name', (server) => {
  const shared = sharedDatabase(server, nextPartition);

  it('the calls below are of every function that writes', async () => {
    const admin = await session(shared());
    const volatile = await rows<{ name: string }>(
      admin,
      `select p.proname as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v' order by 1`,
    );
    expect(volatile.map(({ name }) => name)).toEqual(Object.keys(WRITING));
  });

  it.each(['repeatable read', 'serializable'])('%s is refused by each with IU003', async (isolation) => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    for (const [name, given] of Object.entries(WRITING)) {
      await admin.query(`begin isolation level ${isolation}`);
      const { code, detail } = await refusal(admin.query(`select public.${name}(${given})`));
      await admin.query('rollback');
      expect([name, code, detail]).toEqual([name, 'IU003', { isolation }]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('a read only transaction refuses each of them, and nothing is written', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    for (const [name, given] of Object.entries(WRITING)) {
      await admin.query('begin read only');
      const tried = await admin.query(`select public.${name}(${given}) as answer`).then(
        ({ rows: [row] }) => row.answer.status,
        ({ code }) => code,
      );
      await admin.query('rollback');
      expect([name, tried]).toEqual([name, NOTHING_TO_WRITE[name] ?? '25006']);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('read committed is what they want, and a rollback takes all of it back', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    await admin.query('begin');
    for (const [name, given] of Object.entries(WRITING)) {
      await expect(admin.query(`select public.${name}(${given})`), name).resolves.toBeDefined();
    }
    await admin.query('rollback');
    expect(await contents(database)).toEqual(before);
  });
});
