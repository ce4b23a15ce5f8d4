import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { oneServer } from '../support/index.ts';
import { CORPUS } from './addresses.support.ts';
import { createMany, outcome, rolledBack, rows, sha256, sharedDatabase, spec, value } from './support.ts';

const DOC = 'TREE';
const at = (n: number) => `${DOC}/U-${n}`;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** The addresses of a document, or of a subtree, in reading order, by the last number in each. */
const order = async (client: pg.Client, from = `fn_iu_tree('${DOC}')`) =>
  (
    await rows<{ n: number }>(
      client,
      `select split_part(canonical_address, '-', -1)::int as n from public.${from} as t
        order by t.path collate "C"`,
    )
  ).map(({ n }) => n);

const healthy = async (client: pg.Client) =>
  expect(await rows(client, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);

/** How many rows of information_unit a statement writes: those with a later transaction id than any before. */
async function rowsWritten(client: pg.Client, statement: string): Promise<number> {
  const newest = 'select max(u.xmin::text::bigint) from public.information_unit u';
  const before = await value<string>(client, newest);
  // What a subtransaction writes carries an id of its own.
  await client.query('savepoint counted');
  await client.query(statement);
  await client.query('release counted');
  return value<number>(
    client,
    'select count(*)::int from public.information_unit u where u.xmin::text::bigint > $1',
    [before],
  );
}

describe.each(oneServer)('large trees on $name', (server) => {
  const shared = sharedDatabase(server);

  it('10,000 siblings keep their order, read back whole, and one of them moves alone', async () => {
    const client = await rolledBack(shared());
    const all = numbers(10_000);
    await createMany(
      client,
      all.map((n) => spec({ address: at(n), body: `§ ${n}\n` })),
    );
    expect(await order(client)).toEqual(all);
    const text = all.map((n) => `§ ${n}\n`).join('');
    expect((await value<string>(client, `select public.fn_iu_reconstruct_source('${DOC}')`)) === text).toBe(
      true,
    );
    const move = `select public.fn_iu_move('${at(10_000)}', '${at(5_000)}', 'an editor', 'r')`;
    expect(await rowsWritten(client, move)).toBe(1);
    const moved = [...all.slice(0, 5_000), 10_000, ...all.slice(5_000, -1)];
    expect(await order(client)).toEqual(moved);
    // A batch as large as the document, to the front, in the opposite order.
    await client.query("select public.fn_iu_move_many($1, null, null, 'an editor', 'backwards')", [
      moved.toReversed().map(at),
    ]);
    expect(await order(client)).toEqual(moved.toReversed());
    expect(
      await rowsWritten(client, `select public.fn_iu_rebalance('${DOC}', null, 'an operator', 'r')`),
    ).toBe(10_000);
    expect(await order(client)).toEqual(moved.toReversed());
    await healthy(client);
  });

  it('64 levels: created, read, moved, and a subtree of 10,000 under another parent by one row', async () => {
    const client = await rolledBack(shared());
    const levels = numbers(64);
    await createMany(
      client,
      levels.map((n) => spec({ address: at(n), parent_ref: n === 1 ? null : at(n - 1), body: `${n} ` })),
    );
    const deepest = () =>
      rows(client, `select depth from public.fn_iu_tree('${DOC}') order by depth desc limit 1`);
    expect(await order(client)).toEqual(levels);
    expect(await deepest()).toEqual([{ depth: 63 }]);
    expect(await order(client, `fn_iu_subtree('${at(60)}')`)).toEqual([60, 61, 62, 63, 64]);
    expect(await value(client, `select public.fn_iu_reconstruct_source('${DOC}')`)).toBe(
      levels.map((n) => `${n} `).join(''),
    );
    const under = (n: number, parent: number | null) =>
      `select public.fn_iu_reparent('${at(n)}', ${parent ? `'${at(parent)}'` : 'null'}, 'an editor', 'r')`;
    await client.query('savepoint deep');
    expect(await outcome(client, under(1, 64))).toBe('IU023');
    await client.query('rollback to deep');

    // 9,936 more under the deepest: the subtree of level 2 has 10,000 units, less the first.
    const leaves = numbers(9_937).map((n) => 64 + n);
    await createMany(
      client,
      leaves.map((n) => spec({ address: at(n), parent_ref: at(64), body: `${n} ` })),
    );
    await createMany(client, [spec({ address: at(20_000), body: 'end ' })]);
    // No statistics know this document: a walk that is planned badly takes seconds.
    const begun = performance.now();
    await value(client, `select length(public.fn_iu_reconstruct_source('${DOC}'))`);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(await rowsWritten(client, under(2, 20_000))).toBe(1);
    expect(await order(client)).toEqual([1, 20_000, ...levels.slice(1), ...leaves]);
    expect(await deepest()).toEqual([{ depth: 64 }]);
    expect(await rowsWritten(client, under(2, null))).toBe(1);
    expect(await order(client)).toEqual([1, 20_000, ...levels.slice(1), ...leaves]);
    expect(await deepest()).toEqual([{ depth: 63 }]);
    expect(await order(client, `fn_iu_subtree('${at(2)}')`)).toHaveLength(10_000);
    await healthy(client);
  });

  // A key is one small step from the one made last; who always goes between the last two makes keys grow.
  it.each<[string, boolean, (n: number, model: number[]) => number]>([
    ['each before the one put there last', false, () => 1],
    ['each behind the one put there last', false, (n) => (n === 3 ? 1 : n - 1)],
    ['in turns at both ends of the gap', false, (n) => (n % 2 || n === 4 ? 1 : n - 2)],
    [
      'each between the two put there last',
      true,
      (n, model) => (model.indexOf(n - 1) < model.indexOf(n - 2) ? n - 1 : n - 2),
    ],
  ])(
    '300 inserts between two neighbours, %s: the order is kept, and keys are short',
    async (_, grows, behind) => {
      const client = await rolledBack(shared());
      const model = [1, 2];
      await createMany(
        client,
        numbers(302).map((n) => spec({ address: at(n), parent_ref: n > 2 ? at(2) : null })),
      );
      const longest = () =>
        value<number>(client, 'select max(length(sort_key))::int from public.information_unit');
      let most = 0;
      for (const n of numbers(302).slice(2)) {
        const after = behind(n, model);
        await client.query("select public.fn_iu_move_many($1, null, $2, 'an editor', 'r')", [
          [at(n)],
          at(after),
        ]);
        model.splice(model.indexOf(after) + 1, 0, n);
        most = Math.max(most, await longest());
      }
      expect(await order(client)).toEqual(model);
      // Past 64 characters all of them get short keys, by themselves.
      expect(most).toBeLessThanOrEqual(65);
      expect(
        await value(
          client,
          "select exists (select from public.iu_working_tree_log where change = 'rebalanced')",
        ),
      ).toBe(grows);
      if (grows) expect(await longest()).toBeLessThan(64);
      await healthy(client);
    },
  );
});

/** What stands under what, as plain lists of what is live: 0 is the top. */
interface Model {
  children: Map<number, number[]>;
  parent: Map<number, number>;
  deleted: Set<number>;
}

type Step =
  | { verb: 'create'; under: number }
  | { verb: 'move'; units: number[]; after: number }
  | { verb: 'move_many'; units: number[]; under: number; after: number }
  | { verb: 'reparent'; units: number[]; under: number }
  | { verb: 'delete'; units: number[] }
  | { verb: 'restore'; units: number[] }
  | { verb: 'rebalance'; under: number };

const unit = fc.integer({ min: 1, max: 14 });
/** A unit, or none: the top, or the front. */
const perhaps = fc.integer({ min: 0, max: 14 });
const one = fc.tuple(unit).map(([n]) => [n]);
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ verb: fc.constant('create' as const), under: perhaps }) },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant('move' as const), units: one, after: perhaps }) },
    {
      weight: 3,
      arbitrary: fc.record({
        verb: fc.constant('move_many' as const),
        units: fc.array(unit, { minLength: 1, maxLength: 4 }),
        under: perhaps,
        after: perhaps,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ verb: fc.constant('reparent' as const), units: one, under: perhaps }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ verb: fc.constantFrom('delete' as const, 'restore' as const), units: one }),
    },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant('rebalance' as const), under: perhaps }) },
  ),
  { minLength: 10, maxLength: 40 },
);

const known = (model: Model, n: number) => model.parent.has(n);
const live = (model: Model, n: number) => known(model, n) && !model.deleted.has(n);
const childrenOf = (model: Model, n: number) => model.children.get(n) ?? [];

/** A unit and all over it. */
function upward(model: Model, n: number): number[] {
  return n === 0 ? [] : [n, ...upward(model, model.parent.get(n)!)];
}

function take(model: Model, n: number): void {
  const siblings = childrenOf(model, model.parent.get(n)!);
  siblings.splice(siblings.indexOf(n), 1);
}

/** Puts units behind one sibling, or first. */
function put(model: Model, units: number[], under: number, after: number): void {
  for (const n of units) take(model, n);
  const siblings = childrenOf(model, under);
  siblings.splice(after === 0 ? 0 : siblings.indexOf(after) + 1, 0, ...units);
  model.children.set(under, siblings);
  for (const n of units) model.parent.set(n, under);
}

/** Live, or none at all. */
const free = (model: Model, n: number) => n === 0 || live(model, n);

type Rule<Verb> = (model: Model, step: Extract<Step, { verb: Verb }>) => string;

/** What each step does to the model; or the code with which it is refused. */
const RULES: { [Verb in Step['verb']]: Rule<Verb> } = {
  create: (model, { under }) => {
    if (!free(model, under)) return 'IU020';
    const n = model.parent.size + 1;
    model.children.set(under, [...childrenOf(model, under), n]);
    model.parent.set(n, under);
    return 'done';
  },
  move: (model, { units, after }) => {
    if (!live(model, units[0]!) || !free(model, after)) return 'IU022';
    return moveMany(model, units, model.parent.get(units[0]!)!, after);
  },
  move_many: (model, { units, under, after }) => {
    if (!live(model, units[0]!) || !free(model, under) || !free(model, after)) return 'IU022';
    return moveMany(model, units, under, after);
  },
  reparent: (model, { units, under }) => {
    if (!live(model, units[0]!) || !free(model, under)) return 'IU022';
    if (model.parent.get(units[0]!) === under) return 'done';
    return moveMany(model, units, under, childrenOf(model, under).at(-1) ?? 0);
  },
  delete: (model, { units: [n] }) => {
    if (!known(model, n!)) return 'IU022';
    if (!live(model, n!)) return 'done';
    if (childrenOf(model, n!).length > 0) return 'IU026';
    take(model, n!);
    model.deleted.add(n!);
    return 'done';
  },
  restore: (model, { units: [n] }) => {
    if (!known(model, n!)) return 'IU022';
    if (!live(model, n!) && !free(model, model.parent.get(n!)!)) return 'IU026';
    model.deleted.delete(n!);
    return 'done';
  },
  rebalance: (model, { under }) => (free(model, under) ? 'done' : 'IU022'),
};

const apply = (model: Model, step: Step) => (RULES[step.verb] as Rule<Step['verb']>)(model, step as never);

function moveMany(model: Model, units: number[], under: number, after: number): string {
  const refused =
    new Set(units).size < units.length ||
    units.some((n) => !live(model, n) || n === after || upward(model, under).includes(n)) ||
    (after !== 0 && !units.includes(after) && known(model, after) && model.parent.get(after) !== under);
  if (refused) return 'IU023';
  put(model, units, under, after);
  return 'done';
}

/** The live units in reading order, each with the unit it stands under. */
function reading(model: Model, under = 0): Array<[number, number]> {
  return childrenOf(model, under).flatMap((n): Array<[number, number]> => [[n, under], ...reading(model, n)]);
}

/** Takes over where a restored unit stands: its place may have been given away. Its parent it must have. */
function adopt(model: Model, n: number, read: Array<[number, number]>): void {
  const under = model.parent.get(n)!;
  const siblings = read.filter(([, parent]) => parent === under).map(([child]) => child);
  const others = childrenOf(model, under).filter((child) => child !== n);
  expect(siblings.filter((child) => child !== n)).toEqual(others);
  expect(siblings).toContain(n);
  model.children.set(under, siblings);
}

/** The same step on the database. */
function call(step: Step, next: number): [string, unknown[]] {
  const address = (n: number) => (n === 0 ? null : at(n));
  const who = "'an editor', 'r'";
  switch (step.verb) {
    case 'create':
      return [
        `fn_iu_create($1, '', '', 'an editor', 'law_unit', 'article', p_parent_ref => $2)`,
        [at(next), address(step.under)],
      ];
    case 'move':
      return [`fn_iu_move($1, $2, ${who})`, [at(step.units[0]!), address(step.after)]];
    case 'move_many':
      return [
        `fn_iu_move_many($1, $2, $3, ${who})`,
        [step.units.map(at), address(step.under), address(step.after)],
      ];
    case 'reparent':
      return [`fn_iu_reparent($1, $2, ${who})`, [at(step.units[0]!), address(step.under)]];
    case 'delete':
      return [`fn_iu_piece_soft_delete($1, ${who})`, [at(step.units[0]!)]];
    case 'restore':
      return [`fn_iu_piece_restore($1, ${who})`, [at(step.units[0]!)]];
    case 'rebalance':
      return [`fn_iu_rebalance('${DOC}', $1, ${who})`, [address(step.under)]];
  }
}

/** Reaches every outcome below on the five units of the test, whatever the other scripts happen to reach. */
const EVERY_OUTCOME: Step[] = [
  { verb: 'create', under: 0 },
  { verb: 'move', units: [2], after: 1 },
  { verb: 'move_many', units: [4, 5], under: 3, after: 0 },
  { verb: 'reparent', units: [4], under: 1 },
  { verb: 'delete', units: [2] },
  { verb: 'create', under: 2 },
  { verb: 'move', units: [2], after: 0 },
  { verb: 'restore', units: [2] },
  { verb: 'rebalance', under: 0 },
  { verb: 'move', units: [1], after: 1 },
  { verb: 'move_many', units: [1], under: 3, after: 0 },
  { verb: 'reparent', units: [1], under: 3 },
  { verb: 'delete', units: [1] },
];

describe.each(oneServer)('the working tree against a model on $name', (server) => {
  const shared = sharedDatabase(server);

  it('any sequence of changes leaves the order of plain lists, or is refused by name', async () => {
    const client = await rolledBack(shared());
    await client.query('savepoint start');
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        await client.query('rollback to savepoint start');
        const model: Model = { children: new Map(), parent: new Map(), deleted: new Set() };
        const creating: Step[] = numbers(5).map((n) => ({ verb: 'create', under: n % 3 ? 0 : n - 2 }));
        for (const [n, step] of [...creating, ...script].entries()) {
          const [text, values] = call(step, model.parent.size + 1);
          const expected = apply(model, step);
          await client.query('savepoint step');
          const end = await outcome(client, `select public.${text}`, values);
          await client.query(`${end === 'written' ? 'release' : 'rollback to'} savepoint step`);
          expect([n, step, end]).toEqual([n, step, expected === 'done' ? 'written' : expected]);
          seen.add(`${step.verb} ${expected}`);
          const read = (
            await rows<{ n: number; parent: number }>(
              client,
              `select split_part(t.canonical_address, '-', 2)::int as n,
                      coalesce(split_part(p.canonical_address, '-', 2)::int, 0) as parent
                 from public.fn_iu_tree('${DOC}') t
                 left join public.information_unit p on p.id = t.parent_unit_id
                order by t.path collate "C"`,
            )
          ).map((row): [number, number] => [row.n, row.parent]);
          if (step.verb === 'restore' && expected === 'done') adopt(model, step.units[0]!, read);
          expect([n, read]).toEqual([n, reading(model)]);
        }
        await healthy(client);
      }),
      { numRuns: 60, examples: [[EVERY_OUTCOME]] },
    );
    for (const expected of [
      ...['create', 'move', 'move_many', 'reparent', 'delete', 'restore', 'rebalance'].map(
        (v) => `${v} done`,
      ),
      ...['create IU020', 'move IU022', 'move IU023', 'move_many IU023', 'reparent IU023', 'delete IU026'],
    ]) {
      expect([expected, seen.has(expected)]).toEqual([expected, true]);
    }
  }, 120_000);
});

/** A file as a document: a unit per line with its line end, those with a # in front over what follows. */
function cut(text: string, document: string) {
  const open: Array<{ level: number; address: string }> = [];
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((body, n) => {
    const address = `${document}/L-${n + 1}`;
    const level = /^#{1,6}(?= )/.exec(body)?.[0].length ?? 7;
    while (open.length > 0 && open.at(-1)!.level >= level) open.pop();
    const parent_ref = open.at(-1)?.address ?? null;
    if (level < 7) open.push({ level, address });
    return spec({ address, title: '', body, parent_ref });
  });
}

const DOCUMENTS = [
  'us-constitution.md',
  'de-grundgesetz.md',
  'vi-quoc-tich.md',
  'vi-thong-tu-15-2026.md',
  'gdpr-for-devs.md',
  '18f-speaking-playbook.md',
  'sysinternals-autoruns.md',
  'rfc1951.txt',
  'commonmark-spec.txt',
];

describe.skipIf(CORPUS === null).each(oneServer)('real documents on $name', (server) => {
  const shared = sharedDatabase(server);

  it.each(DOCUMENTS)('%s, cut at its lines, reads back with the same sha256', async (file) => {
    const bytes = readFileSync(join(CORPUS!, file));
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const client = await rolledBack(shared());
    await createMany(client, cut(text, 'CORPUS'));
    const back = await value<string>(client, "select public.fn_iu_reconstruct_source('CORPUS')");
    expect(sha256(back)).toBe(sha256(bytes.toString('utf8')));
    expect(Buffer.from(back).equals(bytes)).toBe(true);
    await healthy(client);
  });
});
