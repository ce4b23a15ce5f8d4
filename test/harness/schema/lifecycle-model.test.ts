import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { act, approve, createMany, rolledBack, rows, sharedDatabase, spec } from './support.ts';

/** One unit as the design describes it: the status of each version, oldest first, and what counts of them. */
interface Unit {
  versions: Array<'draft' | 'enacted' | 'superseded' | 'retired'>;
  draft: number | null;
  enacted: number | null;
  status: 'draft' | 'enacted' | 'superseded' | 'retired';
  deleted: boolean;
}

const ADDRESSES = ['DE-GG/ART-1', 'DE-GG/ART-2', 'DE-GG/ART-3', 'DE-BGB/P-1'];

type Step = { verb: 'save' | 'enact' | 'supersede' | 'retire' | 'delete' | 'restore'; units: number[] };

const steps = fc.array(
  fc.record({
    verb: fc.constantFrom<Step['verb']>(
      'save',
      'save',
      'enact',
      'enact',
      'supersede',
      'retire',
      'delete',
      'restore',
    ),
    units: fc.uniqueArray(fc.nat({ max: ADDRESSES.length - 1 }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 4, maxLength: 24 },
);

/** Each verb on the chosen units and the successor: what it is refused with, or nothing and what it changes. */
const RULES: Record<Step['verb'], (chosen: Unit[], successor: Unit) => string | undefined> = {
  save: ([unit]) => {
    if (unit!.deleted) return 'IU022';
    if (unit!.status === 'superseded' || unit!.status === 'retired') return 'IU031';
    unit!.draft = unit!.versions.push('draft') - 1;
  },
  enact: (chosen) => {
    if (chosen.some((unit) => unit.deleted || unit.draft === null)) return 'IU032';
    for (const unit of chosen) {
      if (unit.enacted !== null) unit.versions[unit.enacted] = 'superseded';
      unit.versions[unit.draft!] = 'enacted';
      Object.assign(unit, { enacted: unit.draft, draft: null, status: 'enacted' });
    }
  },
  supersede: (chosen, successor) => {
    if (chosen.some((unit) => unit.deleted || unit.enacted === null || unit === successor)) return 'IU032';
    if (successor.status !== 'enacted') return 'IU030';
    for (const unit of chosen) leave(unit, 'superseded');
  },
  retire: (chosen) => {
    if (chosen.some((unit) => unit.deleted || unit.status === 'retired')) return 'IU032';
    for (const unit of chosen) leave(unit, 'retired');
  },
  delete: ([unit]) => {
    if (!unit!.deleted && unit!.status === 'enacted') return 'IU026';
    unit!.deleted = true;
  },
  restore: ([unit]) => {
    unit!.deleted = false;
  },
};

/** What the step does to the model, or the code with which it is refused; each unit decides for itself alone. */
const apply = (model: Unit[], { verb, units }: Step): string =>
  RULES[verb](
    units.map((n) => model[n]!),
    model[(units[0]! + 1) % model.length]!,
  ) ?? 'done';

function leave(unit: Unit, status: 'superseded' | 'retired'): void {
  const leading = unit.enacted ?? unit.draft ?? unit.versions.lastIndexOf('superseded');
  unit.versions[leading] = status;
  if (unit.draft !== null && unit.draft !== leading) unit.versions[unit.draft] = 'retired';
  Object.assign(unit, { enacted: null, draft: null, status });
}

/** The same step on the database. */
async function run(client: pg.Client, { verb, units }: Step, step: number): Promise<string> {
  const chosen = units.map((n) => ADDRESSES[n]!);
  const successor = ADDRESSES[(units[0]! + 1) % ADDRESSES.length]!;
  const call = {
    save: () =>
      client.query(`select public.fn_iu_save($1, 'Art', $2, 'an editor')`, [chosen[0], `text ${step}`]),
    enact: async () => act(client, 'enact', chosen, await approve(client, 'enact', chosen)),
    supersede: async () =>
      act(client, 'supersede', chosen, await approve(client, 'supersede', chosen, successor)),
    retire: async () => act(client, 'retire', chosen, await approve(client, 'retire', chosen)),
    delete: () => client.query(`select public.fn_iu_piece_soft_delete($1, 'an editor', 'x')`, [chosen[0]]),
    restore: () => client.query(`select public.fn_iu_piece_restore($1, 'an editor', 'x')`, [chosen[0]]),
  }[verb];
  await client.query('savepoint step');
  try {
    await call();
    await client.query('release savepoint step');
    return 'done';
  } catch (error) {
    await client.query('rollback to savepoint step');
    return (error as { code: string }).code;
  }
}

/** The database's own account of its units, in the model's shape; the order of the bodies names the versions. */
async function account(client: pg.Client): Promise<Unit[]> {
  const found = await rows<Unit>(
    client,
    `select (select array_agg(coalesce(s.status, 'draft') order by v.version_seq)
               from public.unit_version v
               left join lateral (
                 select l.to_status as status
                   from public.iu_lifecycle_log l join public.iu_lifecycle_status o on o.code = l.to_status
                  where l.version_id = v.id order by o.sort_order desc limit 1) as s on true
              where v.unit_id = u.id) as versions,
            (select v.version_seq - 1 from public.unit_version v where v.id = u.draft_version_ref) as draft,
            (select v.version_seq - 1 from public.unit_version v where v.id = u.enacted_version_ref) as enacted,
            u.lifecycle_status as status, u.deleted_at is not null as deleted
       from unnest($1::text[]) with ordinality as a (address, n)
       join public.information_unit u on u.canonical_address = a.address
      order by a.n`,
    [ADDRESSES],
  );
  return found;
}

/** Reaches every outcome below, whatever the other scripts happen to reach. */
const EVERY_OUTCOME: Step[] = [
  { verb: 'save', units: [0] },
  { verb: 'enact', units: [0, 1] },
  { verb: 'supersede', units: [0] },
  { verb: 'delete', units: [1] },
  { verb: 'retire', units: [1] },
  { verb: 'delete', units: [1] },
];

describe.each(servers)('the lifecycle against a model on $name', (server) => {
  const shared = sharedDatabase(server);

  it('any mix of states moves as each unit for itself, refuses by name, and breaks no invariant', async () => {
    const client = await rolledBack(shared());
    await client.query('savepoint start');
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        await client.query('rollback to savepoint start');
        await createMany(
          client,
          ADDRESSES.map((address) => spec({ address, body: address })),
        );
        const model: Unit[] = ADDRESSES.map(() => ({
          versions: ['draft'],
          draft: 0,
          enacted: null,
          status: 'draft',
          deleted: false,
        }));
        for (const [n, step] of script.entries()) {
          const expected = apply(model, step);
          expect([n, step, await run(client, step, n)]).toEqual([n, step, expected]);
          seen.set(`${step.verb} ${expected}`, (seen.get(`${step.verb} ${expected}`) ?? 0) + 1);
        }
        expect(await account(client)).toEqual(model);
        expect(await rows(client, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
      }),
      { numRuns: 60, examples: [[EVERY_OUTCOME]] },
    );
    // The scripts reached the outcomes that the model knows, not only its refusals.
    for (const outcome of [
      'save done',
      'enact done',
      'supersede done',
      'retire done',
      'delete done',
      'delete IU026',
    ]) {
      expect([outcome, (seen.get(outcome) ?? 0) > 0]).toEqual([outcome, true]);
    }
  });
});
