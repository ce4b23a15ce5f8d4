import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Database, servers } from '../support/index.ts';
import {
  createMany,
  outcome,
  refusal,
  rows,
  type Spec,
  schemaDatabase,
  session,
  spec,
  started,
  statuses,
  untilBlocked,
  value,
} from './support.ts';

const GATE = 'iu_core.composer_enabled';
const CUTS = 'cutter.execution_enabled';
const ART_1 = spec({ address: 'DE-GG/ART-1', body: 'Die Würde des Menschen ist unantastbar.' });

const openCall = "select public.fn_iu_gate_open($1, null, $2, 'cut the corpus', $3) as answer";
const closeCall = "select public.fn_iu_gate_close($1, 'operator', 'stop') as answer";

/** Two sessions on one database; the first is in a transaction. */
async function two(database: Database): Promise<[pg.Client, pg.Client]> {
  const first = await session(database);
  const second = await session(database);
  await first.query('begin');
  return [first, second];
}

describe.each(servers)('races for units on $name', (server) => {
  it.each<[string, 'commit' | 'rollback', Partial<Spec>, string]>([
    ['the same content: the second finds it there', 'commit', {}, 'exists_complete'],
    ['other content: the second is told', 'commit', { body: 'Die Würde ist antastbar.' }, 'IU021'],
    ['the first gives up: the second creates', 'rollback', { body: 'Die Würde ist antastbar.' }, 'created'],
  ])('one address, %s', async (_, end, other, expected) => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    await createMany(first, [ART_1]);
    const waiting = started(
      createMany(second, [{ ...ART_1, ...other }]).then(
        ([unit]) => unit!.status,
        ({ code }) => code as string,
      ),
    );
    await untilBlocked(database, second);
    await first.query(end);
    expect(await waiting).toBe(expected);
    expect(await value(first, 'select count(*)::int from public.information_unit')).toBe(1);
    expect(await value(first, 'select count(*)::int from public.unit_version')).toBe(1);
  });

  it('another document does not wait', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    await createMany(first, [ART_1]);
    expect(statuses(await createMany(second, [spec({ address: 'US-CONST/ART-1' })]))).toEqual(['created']);
    await first.query('rollback');
  });

  it('a child waits for the parent that another session is creating, and hangs under it', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    await createMany(first, [ART_1]);
    const child = spec({ address: 'DE-GG/ART-1/ABS-1', parent_ref: ART_1.address });
    const waiting = started(createMany(second, [child]));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(statuses(await waiting)).toEqual(['created']);
  });

  it('siblings of many sessions at once all get a place of their own', async () => {
    const database = await schemaDatabase(server);
    const sessions = await Promise.all([1, 2, 3, 4].map(() => session(database)));
    const made = sessions.map(async (client, s) => {
      const units = [];
      for (const n of [1, 2, 3, 4, 5]) {
        units.push(...(await createMany(client, [spec({ address: `GDPR/ART-${s * 5 + n}` })])));
      }
      return statuses(units);
    });
    expect((await Promise.all(made)).flat()).toEqual(Array(20).fill('created'));
    const [admin] = sessions;
    expect(await value(admin!, 'select count(distinct sort_key)::int from public.information_unit')).toBe(20);
    expect(await rows(admin!, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('two batches over two documents in opposite order: both end, without a deadlock', async () => {
    const database = await schemaDatabase(server);
    const [holder, left] = await two(database);
    const right = await session(database);
    const documents = ['DE-GG', 'US-CONST'];
    // While a third session holds each document in turn, both batches queue up in front of it.
    for (const [round, held] of documents.entries()) {
      if (round > 0) await holder.query('begin');
      await createMany(holder, [spec({ address: `${held}/HELD-${round}` })]);
      const batch = (order: string[]) =>
        order.map((document, n) => spec({ address: `${document}/ART-${round}`, title: `${n}`.slice(1) }));
      const waiting = [
        started(createMany(left, batch(documents))),
        started(createMany(right, batch(documents.toReversed()))),
      ];
      await untilBlocked(database, left);
      await untilBlocked(database, right);
      await holder.query('commit');
      const ended = (await Promise.all(waiting)).map((units) => new Set(statuses(units)));
      expect(ended).toContainEqual(new Set(['created']));
      expect(ended).toContainEqual(new Set(['exists_complete']));
    }
    expect(await value(left, 'select count(*)::int from public.information_unit')).toBe(6);
  });

  it('a batch meets a code that is being removed: refused by our error, with nothing written', async () => {
    const database = await schemaDatabase(server);
    const [dba, editor] = await two(database);
    await dba.query("select public.fn_iu_vocabulary_remove('section_type', '{changelog}', 'dba')");
    const waiting = started(
      refusal(createMany(editor, [spec({ address: 'HANDBOOK/S-1', section_type: 'changelog' })])),
    );
    await untilBlocked(database, editor);
    await dba.query('commit');
    expect(await waiting).toMatchObject({
      code: 'IU020',
      detail: { problems: [{ index: 0, reason: 'section_type_unknown' }] },
    });
    expect(await value(dba, 'select count(*)::int from public.information_unit')).toBe(0);
  });

  it('a removal of a code waits for the batch that uses it, and is refused', async () => {
    const database = await schemaDatabase(server);
    const [editor, dba] = await two(database);
    await createMany(editor, [spec({ address: 'HANDBOOK/S-1', section_type: 'changelog' })]);
    const waiting = started(
      outcome(dba, "select public.fn_iu_vocabulary_remove('section_type', '{changelog}', 'dba')"),
    );
    await untilBlocked(database, dba);
    await editor.query('commit');
    expect(await waiting).toBe('IU025');
  });
});

describe.each(servers)('races for gates on $name', (server) => {
  it('a close waits for what acts behind the gate; when it has returned, nothing acts any more', async () => {
    const database = await schemaDatabase(server);
    const [actor, operator] = await two(database);
    await operator.query(openCall, [GATE, 'operator', null]);
    await actor.query('select iu_core.assert_gate_open($1)', [GATE]);
    const closing = started(operator.query(closeCall, [GATE]));
    await untilBlocked(database, operator);
    // It acts on, although somebody waits to close.
    expect(statuses(await createMany(actor, [ART_1]))).toEqual(['created']);
    await actor.query('commit');
    expect((await closing).rows).toMatchObject([{ answer: { status: 'closed' } }]);
    expect(await outcome(actor, 'select iu_core.assert_gate_open($1)', [GATE])).toBe('IU010');
  });

  it('a close that waits is not overtaken: what would act next waits behind it, and is refused', async () => {
    const database = await schemaDatabase(server);
    const [actor, operator] = await two(database);
    const next = await session(database);
    await operator.query(openCall, [GATE, 'operator', null]);
    await actor.query('select iu_core.assert_gate_open($1)', [GATE]);
    const closing = started(operator.query(closeCall, [GATE]));
    await untilBlocked(database, operator);
    const acting = outcome(next, 'select iu_core.assert_gate_open($1)', [GATE]);
    await Promise.race([acting, started(untilBlocked(database, next))]);
    await actor.query('commit');
    await closing;
    expect(await acting).toBe('IU010');
  });

  it('what would act while a close is not yet committed waits, and is refused', async () => {
    const database = await schemaDatabase(server);
    const [operator, actor] = await two(database);
    await actor.query(openCall, [GATE, 'operator', null]);
    await operator.query(closeCall, [GATE]);
    const acting = started(outcome(actor, 'select iu_core.assert_gate_open($1)', [GATE]));
    await untilBlocked(database, actor);
    await operator.query('commit');
    expect(await acting).toBe('IU010');
  });

  it('two that act behind one gate do not wait for each other', async () => {
    const database = await schemaDatabase(server);
    const [one, other] = await two(database);
    await other.query(openCall, [GATE, 'operator', null]);
    for (const client of [one, other]) {
      expect(await outcome(client, 'select iu_core.assert_gate_open($1)', [GATE])).toBe('written');
    }
    await one.query('rollback');
  });

  it('two drivers race for a lease: the first has it, the second is refused while it runs', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    await first.query(openCall, [CUTS, 'driver 1', 60]);
    const waiting = started(refusal(second.query(openCall, [CUTS, 'driver 2', 60])));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({ code: 'IU012', detail: { holder: 'driver 1' } });
  });

  it('ten drivers at once: exactly one gets the lease, the others IU012', async () => {
    const database = await schemaDatabase(server);
    const drivers = await Promise.all(Array.from({ length: 10 }, () => session(database)));
    const ends = await Promise.all(
      drivers.map((driver, n) => outcome(driver, openCall, [CUTS, `driver ${n}`, 60])),
    );
    expect(ends.toSorted()).toEqual([...Array(9).fill('IU012'), 'written']);
    expect(await rows(drivers[0]!, 'select seq from public.iu_gate_transition')).toEqual([{ seq: 1 }]);
  });

  it('two sessions set one setting: the second sees what the first wrote', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    const set =
      "select public.fn_dot_config_set('iu_core.batch_size', '100', 'operator', 'tuning') as answer";
    await first.query(set);
    const waiting = started(second.query(set));
    await untilBlocked(database, second);
    await first.query('commit');
    expect((await waiting).rows).toMatchObject([{ answer: { status: 'unchanged' } }]);
  });

  it('a key that becomes a gate while a setting of it waits is not set (IU015)', async () => {
    const database = await schemaDatabase(server);
    const [dba, operator] = await two(database);
    const key = 'iu_enact.allow_self_review';
    await dba.query("select public.fn_iu_gate_declare($1, 'never', 'Would let authors review.', 'dba')", [
      key,
    ]);
    const waiting = started(
      outcome(operator, "select public.fn_dot_config_set($1, 'true', 'operator', 'hurry')", [key]),
    );
    await untilBlocked(database, operator);
    await dba.query('commit');
    expect(await waiting).toBe('IU015');
    expect(await value(dba, 'select value from public.dot_config where key = $1', [key])).toBe('false');
  });

  it('two sessions declare one gate: the second finds it declared', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = await two(database);
    const declare =
      "select public.fn_iu_gate_declare('iu_core.archive_enabled', 'lease', 'Archives.', 'dba') as answer";
    await first.query(declare);
    const waiting = started(second.query(declare));
    await untilBlocked(database, second);
    await first.query('commit');
    expect((await waiting).rows).toMatchObject([{ answer: { status: 'unchanged' } }]);
  });
});
