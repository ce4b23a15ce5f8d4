import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import {
  act,
  approve,
  createMany,
  outcome,
  refusal,
  rows,
  schemaDatabase,
  session,
  spec,
  started,
  untilBlocked,
  value,
} from './support.ts';

const ART_1 = 'DE-GG/ART-1';
const ART_2 = 'DE-GG/ART-2';
const UNITS = [ART_1, ART_2, 'DE-GG/ART-3'].map((address) => spec({ address, body: `${address}\n` }));

const save = "select public.fn_iu_save($1, 'Art', $2, $3, $4) ->> 'status'";
const reparent = "select public.fn_iu_reparent($1, $2, 'an editor', 'race') ->> 'status'";

describe.each(servers)('races in the lifecycle on $name', (server) => {
  /** A database with three drafts, a session in a transaction, and a second one. */
  async function two() {
    const database = await schemaDatabase(server);
    const first = await session(database);
    const second = await session(database);
    await createMany(first, UNITS);
    await first.query('begin');
    return { database, first, second };
  }

  it('one draft, two editors who read the same version: the second is told, and both texts are there', async () => {
    const { database, first, second } = await two();
    const base = await value<string>(first, 'select version_id from public.fn_iu_get($1)', [ART_1]);
    expect(await value(first, save, [ART_1, 'first', 'first editor', base])).toBe('saved');
    const waiting = started(refusal(second.query(save, [ART_1, 'second', 'second editor', base])));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({
      code: 'IU024',
      detail: { address: ART_1, base_version_id: base, created_by: 'first editor' },
    });
    const current = await value<string>(second, 'select version_id from public.fn_iu_get($1)', [ART_1]);
    expect(await value(second, save, [ART_1, 'merged', 'second editor', current])).toBe('saved');
    expect(await rows(second, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('one transition, one decision, two operators: one enacts, the other finds it done', async () => {
    const { database, first, second } = await two();
    const decision = await approve(second, 'enact', [ART_1, ART_2]);
    expect((await act(first, 'enact', [ART_1, ART_2], decision)).status).toBe('enacted');
    const waiting = started(act(second, 'enact', [ART_2, ART_1], decision));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({ status: 'unchanged', editions: [] });
    expect(await value(first, 'select count(*)::int from public.iu_lifecycle_log')).toBe(2);
    expect(await value(first, 'select count(*)::int from public.document_edition')).toBe(1);
  });

  it('one unit, enacted and retired at once: the second is told what it has become', async () => {
    const { database, first, second } = await two();
    const yes = await approve(second, 'enact', [ART_1]);
    const no = await approve(second, 'retire', [ART_1]);
    expect((await act(first, 'retire', [ART_1], no)).status).toBe('retired');
    const waiting = started(refusal(act(second, 'enact', [ART_1], yes)));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({
      code: 'IU031',
      detail: { from: 'retired', to: 'enacted', allowed: [] },
    });
  });

  it('a draft saved while its enactment waits is not enacted in the place of the one that was read', async () => {
    const { database, first, second } = await two();
    const decision = await approve(second, 'enact', [ART_1]);
    await value(first, save, [ART_1, 'another text', 'an editor', null]);
    const waiting = started(refusal(act(second, 'enact', [ART_1], decision)));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({
      code: 'IU030',
      detail: { problems: [{ reason: 'version_not_current' }] },
    });
  });

  it('a decision is taken back while its act runs: the revert waits, and finds it done', async () => {
    const { database, first, second } = await two();
    const decision = await approve(second, 'enact', [ART_1]);
    await act(first, 'enact', [ART_1], decision);
    const waiting = started(
      value(second, "select public.fn_iu_review_revert($1, 'a reviewer', 'x') ->> 'status'", [decision]),
    );
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toBe('reverted');
    expect(await refusal(act(second, 'enact', [ART_1], decision))).toMatchObject({
      code: 'IU030',
      detail: { reason: 'taken_back' },
    });
  });

  it('two moves that together would make a circle: the second is refused', async () => {
    const { database, first, second } = await two();
    expect(await value(first, reparent, [ART_1, ART_2])).toBe('moved');
    const waiting = started(refusal(second.query(reparent, [ART_2, ART_1])));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toMatchObject({
      code: 'IU023',
      detail: { problems: [{ address: ART_2, reason: 'would_be_its_own_parent' }] },
    });
  });

  it('a unit deleted while another is put under it: the second is told', async () => {
    const { database, first, second } = await two();
    await first.query("select public.fn_iu_piece_soft_delete($1, 'an editor', 'race')", [ART_1]);
    const waiting = started(refusal(second.query(reparent, [ART_2, ART_1])));
    await untilBlocked(database, second);
    await first.query('commit');
    expect((await waiting).code).toBe('IU022');
  });

  it('many operators on overlapping units in opposite orders: no deadlock, no half row', async () => {
    const database = await schemaDatabase(server);
    const sessions = await Promise.all([1, 2, 3, 4, 5, 6].map(() => session(database)));
    const [admin] = sessions as [(typeof sessions)[0]];
    const addresses = ['DE-GG/ART-1', 'US-CONST/ART-1', 'DE-BGB/P-1', 'RFC1951/S-1'];
    await createMany(
      admin,
      addresses.map((address) => spec({ address })),
    );
    const ways = [addresses, [...addresses].reverse(), addresses.slice(1), addresses.slice(0, 3).reverse()];
    const decisions = await Promise.all(
      sessions.map((client, s) => approve(client, 'enact', ways[s % ways.length]!)),
    );
    const ends = await Promise.all(
      sessions.map((client, s) =>
        outcome(client, "select public.fn_iu_enact_many($1, 'an operator', $2)", [
          ways[s % ways.length],
          decisions[s],
        ]),
      ),
    );
    // Whoever came first enacted all of its units; the decision of each other no longer fits.
    expect(ends.filter((end) => end === 'written').length).toBeGreaterThan(0);
    expect(ends.filter((end) => !['written', 'IU030', 'IU031'].includes(end))).toEqual([]);
    expect(await rows(admin, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });
});
