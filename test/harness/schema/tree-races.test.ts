import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { oneServer } from '../support/index.ts';
import {
  createMany,
  enact,
  outcome,
  rows,
  schemaDatabase,
  session,
  spec,
  started,
  untilBlocked,
} from './support.ts';

const ART = (n: number) => `DE-GG/ART-${n}`;
const save = (n: number, body: string) => `fn_iu_save('${ART(n)}', 'Art', '${body}', 'an editor')`;
const move = (n: number, after: number) => `fn_iu_move('${ART(n)}', '${ART(after)}', 'an editor', 'r')`;
const front = (n: number) => `fn_iu_move('${ART(n)}', null, 'an editor', 'r')`;
const alias = (name: string, n: number) => `fn_iu_alias_add('${name}', '${ART(n)}', 'an editor', 'r')`;
const remove = (n: number) => `fn_iu_piece_soft_delete('${ART(n)}', 'an editor', 'r')`;
const restore = (n: number) => `fn_iu_piece_restore('${ART(n)}', 'an editor', 'r')`;
const create = (address: string) =>
  `fn_iu_create('${address}', 'another', '', 'an editor', 'law_unit', 'article')`;
const under = (n: number, parent: number) =>
  `fn_iu_reparent('${ART(n)}', '${ART(parent)}', 'an editor', 'r')`;
const rebalance = "fn_iu_rebalance('DE-GG', null, 'an operator', 'r')";

interface Race {
  /** Done by the first session, and not yet committed while the second one tries. */
  first: string;
  second: string;
  /** Done before. */
  before?: string[];
  /** How the second one ends once the first has committed, and once it has rolled back. */
  committed: string;
  rolledBack: string;
  /** The order of the document after a commit. */
  order?: number[];
}

/** ART-1 to ART-4 stand at the top, in this order; ART-4 is deleted. */
const RACES: Record<string, Race> = {
  'two saves of one unit': {
    first: save(1, 'one'),
    second: save(1, 'two'),
    committed: 'saved',
    rolledBack: 'saved',
  },
  'two saves of the same text': {
    first: save(1, 'one'),
    second: save(1, 'one'),
    committed: 'unchanged',
    rolledBack: 'saved',
  },
  'a save, and a save by another name': {
    before: [alias('DE-GG/ARTIKEL-1', 1)],
    first: save(1, 'one'),
    second: save(1, 'two').replace('ART-1', 'ARTIKEL-1'),
    committed: 'saved',
    rolledBack: 'saved',
  },
  'a delete and a save': { first: remove(1), second: save(1, 'x'), committed: 'IU022', rolledBack: 'saved' },
  'one name for two units': {
    first: alias('DE-GG/OLD', 1),
    second: alias('DE-GG/OLD', 2),
    committed: 'IU021',
    rolledBack: 'added',
  },
  'one name for two units, in a document that is not there': {
    first: alias('DE-ALT/OLD', 1),
    second: alias('DE-ALT/OLD', 2),
    committed: 'IU021',
    rolledBack: 'added',
  },
  'one name for one unit twice': {
    first: alias('DE-GG/OLD', 1),
    second: alias('DE-GG/OLD', 1),
    committed: 'exists',
    rolledBack: 'added',
  },
  'a name, and a unit born there': {
    first: alias('DE-ALT/OLD', 1),
    second: create('DE-ALT/OLD'),
    committed: 'IU021',
    rolledBack: 'created',
  },
  'a unit born, and its address as a name for another': {
    first: create('DE-ALT/OLD'),
    second: alias('DE-ALT/OLD', 1),
    committed: 'IU021',
    rolledBack: 'added',
  },
  'two deletes': {
    first: remove(1),
    second: remove(1),
    committed: 'already_deleted',
    rolledBack: 'deleted',
  },
  'a delete and a restore': {
    first: remove(1),
    second: restore(1),
    committed: 'restored',
    rolledBack: 'already_live',
    order: [1, 2, 3],
  },
  'two restores': {
    first: restore(4),
    second: restore(4),
    committed: 'already_live',
    rolledBack: 'restored',
    order: [1, 2, 3, 4],
  },
  'a delete, and a unit put under it': {
    first: remove(1),
    second: under(2, 1),
    committed: 'IU022',
    rolledBack: 'moved',
  },
  'a unit put under another, and a delete of that': {
    first: under(2, 1),
    second: remove(1),
    committed: 'IU026',
    rolledBack: 'deleted',
  },
  'a delete, and a unit born under it': {
    first: remove(1),
    second: create('DE-GG/ART-9').replace(')', `, p_parent_ref => '${ART(1)}')`),
    committed: 'IU020',
    rolledBack: 'created',
  },
  'two moves into the same gap': {
    first: move(3, 1),
    second: move(2, 1),
    committed: 'moved',
    rolledBack: 'unchanged',
    order: [1, 2, 3],
  },
  'two moves to the front': {
    first: front(2),
    second: front(3),
    committed: 'moved',
    rolledBack: 'moved',
    order: [3, 2, 1],
  },
  'two moves of one unit': {
    first: front(3),
    second: move(3, 1),
    committed: 'moved',
    rolledBack: 'moved',
    order: [1, 3, 2],
  },
  'a move behind a unit that moves away': {
    first: under(2, 1),
    second: move(3, 2),
    committed: 'IU023',
    rolledBack: 'unchanged',
  },
  'a restore into a place that is being given away': {
    first: create('DE-GG/ART-5'),
    second: restore(4),
    committed: 'restored',
    rolledBack: 'restored',
    order: [1, 2, 3, 5, 4],
  },
  'new keys and a move': {
    first: rebalance,
    second: front(3),
    committed: 'moved',
    rolledBack: 'moved',
    order: [3, 1, 2],
  },
  'a move and new keys': {
    first: front(3),
    second: rebalance,
    committed: 'rebalanced',
    rolledBack: 'rebalanced',
    order: [3, 1, 2],
  },
  'new keys twice': {
    first: rebalance,
    second: rebalance,
    committed: 'rebalanced',
    rolledBack: 'rebalanced',
    order: [1, 2, 3],
  },
};

/** How a call ends: its status, or the code it was refused with. */
const ended = (client: pg.Client, call: string): Promise<string> =>
  client.query(`select public.${call} ->> 'status' as status`).then(
    ({ rows: [row] }) => row.status,
    ({ code }) => code,
  );

describe.each(oneServer)('races in the working tree on $name', (server) => {
  const cases = Object.entries(RACES).flatMap(([name, race]) =>
    (['commit', 'rollback'] as const).map((end) => [name, end, race] as const),
  );

  it.each(cases)('%s, the first to %s: the second waits, then has a clear answer', async (_, end, race) => {
    const database = await schemaDatabase(server);
    const first = await session(database);
    const second = await session(database);
    await createMany(
      first,
      [1, 2, 3, 4].map((n) => spec({ address: ART(n), body: `Art ${n}` })),
    );
    await ended(first, remove(4));
    for (const call of race.before ?? []) await ended(first, call);
    await first.query('begin');
    expect(await ended(first, race.first)).not.toMatch(/^(IU|[0-9])/);
    const waiting = started(ended(second, race.second));
    await untilBlocked(database, second);
    await first.query(end);
    expect(await waiting).toBe(end === 'commit' ? race.committed : race.rolledBack);
    expect(await rows(first, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
    if (end === 'commit' && race.order) {
      const order = await rows<{ n: number }>(
        first,
        "select split_part(canonical_address, '-', 3)::int as n from public.fn_iu_tree('DE-GG') order by path",
      );
      expect(order.map(({ n }) => n)).toEqual(race.order);
    }
  });

  it('two editors who save without a base: both texts are kept, as versions one after the other', async () => {
    const database = await schemaDatabase(server);
    const editors = await Promise.all([1, 2, 3, 4].map(() => session(database)));
    await createMany(editors[0]!, [spec({ address: ART(1) })]);
    const texts = editors.flatMap((_, s) => [1, 2, 3, 4, 5].map((n) => `text ${n} of editor ${s}`));
    const ends = await Promise.all(
      editors.map(async (editor, s) => {
        const all: string[] = [];
        for (const text of texts.slice(s * 5, s * 5 + 5)) all.push(await ended(editor, save(1, text)));
        return all;
      }),
    );
    expect(ends.flat()).toEqual(Array(20).fill('saved'));
    const versions = await rows<{ version_seq: number; body: string }>(
      editors[0]!,
      'select version_seq, body from public.unit_version where version_seq > 1 order by version_seq',
    );
    expect(versions.map(({ version_seq }) => version_seq)).toEqual(texts.map((_, n) => n + 2));
    expect(versions.map(({ body }) => body).toSorted()).toEqual(texts.toSorted());
    expect(await rows(editors[0]!, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('many editors who move, rebalance, delete and enact at once: no deadlock, no half row', async () => {
    const database = await schemaDatabase(server);
    const editors = await Promise.all([0, 1, 2, 3, 4, 5].map(() => session(database)));
    const documents = ['DE-GG', 'DE-BGB'];
    await createMany(
      editors[0]!,
      documents.flatMap((document) => [1, 2, 3, 4].map((n) => spec({ address: `${document}/ART-${n}` }))),
    );
    const in_ = (call: string, n: number) => call.replaceAll('DE-GG', documents[n % 2]!);
    const calls = [
      front(3),
      move(1, 4),
      under(2, 1),
      rebalance,
      remove(2),
      restore(2),
      save(1, 'x'),
      under(1, 4),
    ];
    calls.push(alias('DE-BGB/GG-1', 1), alias('DE-GG/OLD', 2), front(4), move(4, 3));
    // With a parent of the other document: refused, and not by waiting for it in the wrong order.
    calls.push(
      "fn_iu_rebalance('DE-GG', 'DE-BGB/ART-1', 'x', 'r')",
      "fn_iu_rebalance('DE-BGB', 'DE-GG/ART-1', 'x', 'r')",
    );
    const ends = await Promise.all(
      editors.map(async (client, s) => {
        const all: string[] = [];
        for (const [n, call] of [...calls, ...calls].entries()) {
          all.push(await ended(client, in_(calls[(n * (s + 1) + s) % calls.length] ?? call, n + s)));
          if (n === 10)
            all.push(
              await enact(client, ['DE-GG/ART-3', 'DE-BGB/ART-3']).then(
                () => 'enacted',
                ({ code }) => code,
              ),
            );
        }
        return all;
      }),
    );
    const strange = ends.flat().filter((end) => !/^([a-z_]+|IU0(2[1236]|3[0-2]))$/.test(end));
    expect(strange).toEqual([]);
    expect(ends.flat()).toContain('moved');
    expect(await rows(editors[0]!, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('new keys under a parent of another document: refused at once, without waiting for that document', async () => {
    const database = await schemaDatabase(server);
    const first = await session(database);
    const second = await session(database);
    await createMany(first, [spec({ address: ART(1) }), spec({ address: 'DE-BGB/P-1' })]);
    await first.query('begin');
    await ended(first, save(1, 'x'));
    expect(
      await outcome(second, "select public.fn_iu_rebalance('DE-BGB', 'DE-GG/ART-1', 'an operator', 'r')"),
    ).toBe('IU023');
    await first.query('commit');
  });
});
