import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { oneServer } from '../support/index.ts';
import { aPast } from './calls.support.ts';
import {
  act,
  approve,
  contents,
  contentsSeenBy,
  createMany,
  enact,
  type LifecycleAnswer,
  outcome,
  ROLES,
  refusal,
  rolledBack,
  rows,
  session,
  sha256,
  sharedDatabase,
  spec,
  targets,
  value,
} from './support.ts';

/** What only grows, and a column of each that somebody might want to change. */
const LEDGERS: Record<string, string> = {
  'public.unit_version': 'body',
  'public.document_edition': 'root_hash',
  'public.document_edition_unit': 'version_id',
  'public.iu_lifecycle_log': 'reason',
  'public.iu_working_tree_log': 'reason',
  'public.canonical_address_alias': 'unit_id',
  'cutter_governance.review_decision': 'verdict',
  'cutter_governance.review_decision_unit': 'version_id',
};

const WRITES = Object.entries(LEDGERS).flatMap(([table, column]) => [
  `update ${table} set ${column} = ${column}`,
  `update ${table} set ${column} = (select ${column} from ${table} order by 1 limit 1)`,
  `delete from ${table}`,
  `truncate ${table} cascade`,
]);

/** A function that passes lock 1, as any function of workflow_admin does, whatever it then writes. */
const CARELESS = `
  create function pg_temp.write(p_statement text) returns void language plpgsql security definer as
    $$ begin execute p_statement; end $$;
  alter function pg_temp.write(text) owner to workflow_admin`;

const careless = 'select pg_temp.write($1)';
const WRITERS: Array<[string, string, string, string]> = [
  ...ROLES.map((role): [string, string, string, string] => [role, `set role ${role}`, '42501', '']),
  ['a superuser', '', 'IU001', ''],
  ['workflow_admin by SET ROLE', 'set role workflow_admin', 'IU001', ''],
  ['a function of workflow_admin', CARELESS, 'IU002', careless],
];

/** One statement, whose outcome leaves the transaction as it was. */
async function tried(client: pg.Client, text: string, values: unknown[] = []): Promise<string> {
  await client.query('savepoint tried');
  const end = await outcome(client, text, values);
  await client.query('rollback to savepoint tried');
  return end;
}

const unit = (name: string) =>
  `(select id from public.information_unit where canonical_address = 'DE-GG/${name}')`;
const version = (name: string, seq: number) =>
  `(select id from public.unit_version where unit_id = ${unit(name)} and version_seq = ${seq})`;
const change = (name: string, to: string) =>
  `update public.information_unit set ${to} where canonical_address = 'DE-GG/${name}'`;

/** aPast, and: ART-5, a draft; ART-6, superseded while a draft of it waited, which was retired with it. */
async function prepare(client: pg.Client): Promise<void> {
  await aPast(client);
  await createMany(client, [spec({ address: 'DE-GG/ART-5' }), spec({ address: 'DE-GG/ART-6' })]);
  await enact(client, ['DE-GG/ART-6']);
  await client.query("select public.fn_iu_save('DE-GG/ART-6', 'Art 6', 'not to be', 'an editor')");
  const decided = await approve(client, 'supersede', ['DE-GG/ART-6'], 'DE-GG/ART-1');
  await act(client, 'supersede', ['DE-GG/ART-6'], decided);
}

/** A unit in each status. */
const IN_STATUS = { draft: 'ART-5', enacted: 'ART-1', superseded: 'ART-6', retired: 'ART-3' };

/** Faults that go along edges there are, or along none. */
const FORGERIES: Array<[string, string, string]> = [
  [
    'a former version in force again',
    change('ART-1', `enacted_version_ref = ${version('ART-1', 1)}`),
    'IU002',
  ],
  ['a draft in force', change('ART-1', `enacted_version_ref = ${version('ART-1', 3)}`), 'IU002'],
  [
    "another unit's version in force",
    change('ART-1', `enacted_version_ref = ${version('TEIL-1', 1)}`),
    'IU002',
  ],
  ['nothing in force', change('ART-1', 'enacted_version_ref = null'), '23514'],
  ['in force, and a draft still', change('ART-5', 'enacted_version_ref = draft_version_ref'), 'IU002'],
  ['what is in force as a draft', change('ART-1', 'draft_version_ref = enacted_version_ref'), 'IU002'],
  ['what was in force as a draft', change('ART-1', `draft_version_ref = ${version('ART-1', 1)}`), 'IU002'],
  ['what was retired as a draft', change('ART-6', `draft_version_ref = ${version('ART-6', 2)}`), 'IU002'],
  [
    "another unit's version as a draft",
    change('ART-5', `draft_version_ref = ${version('ART-4', 1)}`),
    '23503',
  ],
  ['deleted while in force', change('ART-1', 'deleted_at = now()'), 'IU026'],
  ['a status that nobody registered', change('ART-5', "lifecycle_status = 'void'"), 'IU031'],
  // Places are the working tree's, also of what is in force.
  ['another place of what is in force', change('ART-1', "sort_key = 'b00'"), 'written'],
];

/** How a status is written with what belongs to it, the version that the unit has at hand in force. */
const forged = (status: string) =>
  status === 'enacted'
    ? `lifecycle_status = 'enacted', draft_version_ref = null, enacted_version_ref = coalesce(
         enacted_version_ref, draft_version_ref, (select max(v.id::text)::uuid from public.unit_version v where v.unit_id = u.id))`
    : `lifecycle_status = '${status}', enacted_version_ref = null`;

describe.each(oneServer)('what is enacted on $name', (server) => {
  const shared = sharedDatabase(server, prepare);

  it.each(WRITERS)('is not changed by %s', async (_, become, code, through) => {
    const database = shared();
    const before = await contents(database);
    const client = await session(database);
    if (become) await client.query(become);
    for (const write of WRITES) {
      const end = through ? outcome(client, through, [write]) : outcome(client, write);
      expect([write, await end]).toEqual([write, code]);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('code of workflow_admin moves no status: not along edges there are not, nor along those there are', async () => {
    const client = await rolledBack(shared());
    await client.query(CARELESS);
    const edges = new Set(
      (
        await rows<{ edge: string }>(
          client,
          "select from_status || ' ' || to_status as edge from public.iu_lifecycle_transition",
        )
      ).map(({ edge }) => edge),
    );
    expect(edges.size).toBe(5);
    for (const [from, name] of Object.entries(IN_STATUS)) {
      for (const to of Object.keys(IN_STATUS)) {
        if (from === to) continue;
        const write = `update public.information_unit u set ${forged(to)} where u.canonical_address = 'DE-GG/${name}'`;
        const expected = edges.has(`${from} ${to}`) ? 'IU002' : 'IU031';
        expect([from, to, await tried(client, careless, [write])]).toEqual([from, to, expected]);
      }
    }
  });

  it.each(FORGERIES)(
    'by code of workflow_admin: %s is refused, or not, as the design says',
    async (_, write, code) => {
      const client = await rolledBack(shared());
      await client.query(CARELESS);
      expect(await tried(client, careless, [write])).toBe(code);
      expect(await tried(client, write)).toBe('IU001');
    },
  );

  it('a status does not move together with anything else, also where the log has the move', async () => {
    const client = await rolledBack(shared());
    await client.query(CARELESS);
    const decided = await approve(client, 'enact', ['DE-GG/ART-5']);
    const logged = `insert into public.iu_lifecycle_log (id, unit_id, version_id, from_status, to_status, at, actor, login,
        review_decision_id)
      values (gen_random_uuid(), ${unit('ART-5')}, ${version('ART-5', 1)}, 'draft', 'enacted', now(), 'x', 'x', '${decided}')`;
    await client.query(careless, [logged]);
    const move = `lifecycle_status = 'enacted', enacted_version_ref = draft_version_ref, draft_version_ref = null`;
    for (const more of ["sort_key = 'b00'", "owner_ref = 'x'", "unit_kind = 'design_doc_section'"]) {
      expect([more, await tried(client, careless, [change('ART-5', `${move}, ${more}`)])]).toEqual([
        more,
        'IU002',
      ]);
    }
    expect(await tried(client, careless, [change('ART-5', move)])).toBe('written');
  });
});

interface Frozen {
  edition: number;
  root_hash: string;
  frozen_at: string;
  lines: string;
  text: string;
  as_of: string;
}

/** Every edition of a document, with the lines of its root hash made from the rows here, and as it is read. */
async function editions(client: pg.Client, document: string): Promise<Frozen[]> {
  const found = await rows<Frozen & { id: string }>(
    client,
    `select e.id, e.edition, e.root_hash, e.frozen_at::text,
            public.fn_iu_reconstruct_source(e.doc_code, e.edition) as text,
            public.fn_iu_reconstruct_source(e.doc_code, e.frozen_at) as as_of
       from public.document_edition e where e.doc_code = $1 order by e.edition`,
    [document],
  );
  for (const one of found) {
    const units = await rows<Record<string, string>>(
      client,
      `select f.*, v.content_hash, v.title from public.document_edition_unit f
         join public.unit_version v on v.id = f.version_id where f.edition_id = $1 order by f.position`,
      [one.id],
    );
    one.lines = units
      .map((u) => [
        u.position,
        u.unit_id,
        u.version_id,
        u.parent_ref ?? '-',
        u.depth,
        u.content_hash,
        sha256(u.title!),
      ])
      .map((line) => `${line.join(' ')}\n`)
      .join('');
  }
  return found;
}

const ADDRESSES = [1, 2, 3, 4, 5].map((n) => `DE-BGB/P-${n}`);

type Step = {
  verb: 'save' | 'move' | 'enact' | 'supersede' | 'retire' | 'delete' | 'restore';
  units: number[];
};

const script = (lengths: { minLength: number; maxLength: number }) =>
  fc.array(
    fc.record({
      verb: fc.constantFrom<Step['verb']>(
        ...(['save', 'save', 'move', 'enact', 'enact', 'supersede', 'retire', 'delete', 'restore'] as const),
      ),
      units: fc.uniqueArray(fc.nat({ max: ADDRESSES.length - 1 }), { minLength: 1, maxLength: 3 }),
    }),
    lengths,
  );

const name = (n: number) => ADDRESSES[n % ADDRESSES.length]!;

/** Runs a step, or nothing where it is refused. */
async function step(client: pg.Client, { verb, units }: Step, n: number): Promise<string> {
  const chosen = units.map(name);
  const calls: Record<Step['verb'], () => Promise<unknown>> = {
    save: () =>
      client.query('select public.fn_iu_save($1, $1, $2, $3)', [chosen[0], `text ${n}\n`, 'an editor']),
    move: () =>
      client.query("select public.fn_iu_move_many($1, $2, null, 'an editor', 'r')", [
        [chosen[0]],
        units[1] === undefined ? null : chosen[1],
      ]),
    enact: () => enact(client, chosen),
    supersede: async () =>
      act(client, 'supersede', chosen, await approve(client, 'supersede', chosen, name(units[0]! + 1))),
    retire: async () => act(client, 'retire', chosen, await approve(client, 'retire', chosen)),
    delete: () => client.query("select public.fn_iu_piece_soft_delete($1, 'an editor', 'r')", [chosen[0]]),
    restore: () => client.query("select public.fn_iu_piece_restore($1, 'an editor', 'r')", [chosen[0]]),
  };
  await client.query('savepoint step');
  const end = await calls[verb]().then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
  await client.query(`${end === 'done' ? 'release' : 'rollback to'} savepoint step`);
  return end;
}

const create = (client: pg.Client) =>
  createMany(
    client,
    ADDRESSES.map((address) => spec({ address, body: `${address}\n` })),
  );

interface Mix {
  past: Step[];
  verb: 'enact' | 'supersede' | 'retire';
  /** The units that a decision is about, and those that the act then names, or the same. */
  decided: number[];
  asked: number[];
  same: boolean;
  inForce: boolean;
}

/** Makes the units, all in force where the mix says so, and gives them their past. */
async function live(client: pg.Client, { past, inForce }: Mix): Promise<void> {
  await create(client);
  if (inForce) await enact(client, ADDRESSES);
  for (const [n, one] of past.entries()) await step(client, one, n);
}

/** A decision on what was decided; null where it is refused. */
async function decide(client: pg.Client, { verb, decided }: Mix): Promise<string | null> {
  const successor = verb === 'supersede' ? name(decided[0]! + 1) : undefined;
  await client.query('savepoint decided');
  try {
    return await approve(client, verb, decided.map(name), successor);
  } catch {
    await client.query('rollback to savepoint decided');
    return null;
  }
}

/** An act and its end: the answer without what is new in every run, or the whole of the refusal. */
async function attempt(
  client: pg.Client,
  verb: Mix['verb'],
  units: string[],
  decision: string | null,
  dry: boolean,
) {
  await client.query('savepoint run');
  try {
    return { answer: comparable(await act(client, verb, units, decision, dry)) };
  } catch (error) {
    await client.query('rollback to savepoint run');
    const { code, message, detail } = error as Record<string, string>;
    return { code, message, detail };
  }
}

const invariants = (client: pg.Client) => rows(client, 'select * from public.fn_iu_verify_invariants()');

describe.each(oneServer)('editions on $name', (server) => {
  const shared = sharedDatabase(server);
  const open = "select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'operator', 'r', null)";

  it('stay as they were frozen, whatever happens to the working tree, and recompute from their rows', async () => {
    const client = await rolledBack(shared());
    await client.query('savepoint start');
    let most = 0;
    await fc.assert(
      fc.asyncProperty(script({ minLength: 6, maxLength: 24 }), async (steps) => {
        await client.query('rollback to savepoint start');
        await create(client);
        let before: Frozen[] = [];
        for (const [n, one] of steps.entries()) {
          await step(client, one, n);
          const after = await editions(client, 'DE-BGB');
          expect(after.slice(0, before.length)).toEqual(before);
          before = after;
        }
        most = Math.max(most, before.length);
        for (const [n, one] of before.entries()) {
          expect(one).toMatchObject({ edition: n + 1, root_hash: sha256(one.lines), as_of: one.text });
        }
        expect(
          await value(
            client,
            `select coalesce(bool_and(e.frozen_at > f.frozen_at), true) from public.document_edition e
               join public.document_edition f on f.doc_code = e.doc_code and f.edition = e.edition - 1`,
          ),
        ).toBe(true);
        expect(await invariants(client)).toEqual([]);
      }),
      {
        numRuns: 40,
        // So that one document at least has an edition from each act.
        examples: [
          [
            [
              { verb: 'enact', units: [0, 1, 2] },
              { verb: 'move', units: [2] },
              { verb: 'save', units: [0] },
              { verb: 'enact', units: [0, 3] },
              { verb: 'supersede', units: [1] },
              { verb: 'retire', units: [0] },
              { verb: 'retire', units: [2, 3] },
            ],
          ],
        ],
      },
    );
    expect(most).toBeGreaterThan(3);
  }, 120_000);

  it.each([
    ['a day ahead, as if the clock had stepped back', "interval '1 day'"],
    ['a microsecond ahead', "interval '1 microsecond'"],
  ])('rise also when the last one was frozen %s', async (_, ahead) => {
    const client = await rolledBack(shared());
    await create(client);
    await enact(client, ADDRESSES);
    await client.query(`set local session_replication_role = replica;
      update public.document_edition set frozen_at = clock_timestamp() + ${ahead};
      update public.iu_lifecycle_log set at = (select frozen_at from public.document_edition);
      set local session_replication_role = origin`);
    const [first] = await editions(client, 'DE-BGB');
    for (const n of [1, 2, 3]) {
      await client.query('select public.fn_iu_save($1, $1, $2, $3)', [
        ADDRESSES[0],
        `text ${n}\n`,
        'an editor',
      ]);
      await enact(client, [ADDRESSES[0]!]);
    }
    const all = await editions(client, 'DE-BGB');
    expect(all.map(({ edition }) => edition)).toEqual([1, 2, 3, 4]);
    expect(all[0]).toEqual(first);
    expect(new Set(all.map(({ frozen_at }) => frozen_at)).size).toBe(4);
    expect(all.map(({ frozen_at }) => frozen_at)).toEqual(all.map(({ frozen_at }) => frozen_at).toSorted());
    for (const { as_of, text } of all) expect(as_of).toBe(text);
    const bodies = await rows<{ body: string }>(
      client,
      `select g.body from public.document_edition e
        cross join lateral public.fn_iu_get('${ADDRESSES[0]}', e.frozen_at) as g order by e.edition`,
    );
    expect(bodies.map(({ body }) => body)).toEqual([
      `${ADDRESSES[0]}\n`,
      ...[1, 2, 3].map((n) => `text ${n}\n`),
    ]);
    // What freezes no edition is logged later than the last one all the same.
    await createMany(client, [spec({ address: 'DE-BGB/P-99' })]);
    const decided = await approve(client, 'retire', ['DE-BGB/P-99']);
    expect(await act(client, 'retire', ['DE-BGB/P-99'], decided)).toMatchObject({ editions: [] });
    expect(
      await value(
        client,
        `select bool_and(l.at > (select max(frozen_at) from public.document_edition))
           from public.iu_lifecycle_log l where l.to_status = 'retired'`,
      ),
    ).toBe(true);
    expect(await invariants(client)).toEqual([]);
  });

  it('a dry run answers what the run then answers, or is refused as it is, and writes nothing', async () => {
    const client = await rolledBack(shared());
    await client.query(`${open}; savepoint start`);
    const some = { minLength: 1, maxLength: 4 };
    const one = fc.nat({ max: ADDRESSES.length - 1 });
    const mix: fc.Arbitrary<Mix> = fc.record({
      past: script({ minLength: 0, maxLength: 14 }),
      verb: fc.constantFrom('enact' as const, 'supersede' as const, 'retire' as const),
      decided: fc.uniqueArray(one, some),
      asked: fc.array(one, some),
      same: fc.boolean(),
      inForce: fc.boolean(),
    });
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mix, async (mixed) => {
        const { verb, decided, asked, same } = mixed;
        await client.query('rollback to savepoint start');
        await live(client, mixed);
        const decision = await decide(client, mixed);
        const before = await contentsSeenBy(client);
        const units = (same ? decided : asked).map(name);
        const rehearsed = await attempt(client, verb, units, decision, true);
        expect(await contentsSeenBy(client)).toEqual(before);
        const real = await attempt(client, verb, units, decision, false);
        expect(rehearsed).toEqual(real);
        const end = real.answer?.status ?? real.code!;
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (!real.answer || end === 'unchanged') expect(await contentsSeenBy(client)).toEqual(before);
        else expect(await written(client, before)).toEqual(real.answer.rows);
      }),
      {
        numRuns: 60,
        // So that each act is seen to succeed, and one that nobody decided on to be refused.
        examples: (['enact', 'supersede', 'retire', 'enact'] as const).map((verb, n): [Mix] => [
          { past: [], verb, decided: [0, 2], asked: [1], same: n < 3, inForce: verb === 'supersede' },
        ]),
      },
    );
    for (const end of ['enacted', 'superseded', 'retired', 'IU030']) {
      expect([end, (ends.get(end) ?? 0) > 0]).toEqual([end, true]);
    }
  }, 120_000);

  it('two units that supersede each other are refused: neither would be in force', async () => {
    const client = await rolledBack(shared());
    await create(client);
    await enact(client, ADDRESSES);
    const [a, b] = ADDRESSES as [string, string];
    const decidePairs = async (pairs: Array<[string, string]>) => {
      const list = [];
      for (const [one, successor] of pairs) {
        list.push(...(await targets(client, 'supersede', [one], successor)));
      }
      const answer = await value<Record<string, string>>(
        client,
        "select public.fn_iu_review_decide('supersede', $1, 'approve', 'a reviewer', 'r')",
        [JSON.stringify(list)],
      );
      return answer.review_decision_id!;
    };
    const both = await decidePairs([
      [a, b],
      [b, a],
    ]);
    await client.query('savepoint refused');
    expect(await refusal(act(client, 'supersede', [a, b], both))).toMatchObject({
      code: 'IU030',
      detail: {
        problems: [
          { index: 0, reason: 'successor_not_in_force' },
          { index: 1, reason: 'successor_not_in_force' },
        ],
      },
    });
    await client.query('rollback to refused');
    // One of the two is another matter, and then the other has no successor any more.
    expect(await act(client, 'supersede', [a], both)).toMatchObject({ status: 'superseded' });
    await client.query('savepoint refused');
    expect((await refusal(act(client, 'supersede', [b], both))).code).toBe('IU030');
    await client.query('rollback to refused');
    expect(await invariants(client)).toEqual([]);
  });
});

/** An answer without what is new in every run: the ids of the editions. */
const comparable = ({ dry_run: _, editions: frozen, ...answer }: LifecycleAnswer) => ({
  ...answer,
  editions: frozen.map(({ edition_id: __, ...edition }) => edition),
});

/** How many rows each table of the answer has more than before, the units aside, whose rows change in place. */
async function written(client: pg.Client, before: Record<string, string>): Promise<Record<string, number>> {
  const after = await contentsSeenBy(client);
  const count = (digest = '0') => Number(digest.split(' ')[0]);
  const more = (pattern: RegExp) =>
    Object.keys(after)
      .filter((table) => pattern.test(table))
      .reduce((sum, table) => sum + count(after[table]) - count(before[table]), 0);
  return {
    'public.iu_lifecycle_log': more(/^public\.iu_lifecycle_log$/),
    'public.document_edition': more(/^public\.document_edition$/),
    'public.document_edition_unit': more(/^public\.document_edition_unit$/),
    'public.event_outbox': more(/^public\.event_outbox/),
    'public.information_unit': expect.any(Number) as unknown as number,
  };
}

/** What a superuser in replica mode does to a decision on ART-1 and ART-2, and what is then said of it. */
const ALTERATIONS: Array<[string, string]> = [
  [
    'another version',
    `update cutter_governance.review_decision_unit set version_id = ${version('ART-1', 1)} where unit_id = ${unit('ART-1')}`,
  ],
  ['a unit less', `delete from cutter_governance.review_decision_unit where unit_id = ${unit('ART-1')}`],
  ['no unit at all', 'delete from cutter_governance.review_decision_unit'],
  [
    'a unit more',
    `insert into cutter_governance.review_decision_unit
     select id, ${unit('ART-3')}, ${version('ART-3', 1)} from cutter_governance.review_decision`,
  ],
  [
    'another unit',
    `update cutter_governance.review_decision_unit set unit_id = ${unit('ART-3')}, version_id = ${version('ART-3', 1)}
      where unit_id = ${unit('ART-1')}`,
  ],
  ['a successor', `update cutter_governance.review_decision_unit set successor_unit_id = ${unit('ART-3')}`],
  [
    'another digest',
    "update cutter_governance.review_decision set subject_digest = encode(sha256(''), 'hex')",
  ],
  [
    'another text in the version that was read',
    `update public.unit_version set body = 'Forgery', content_hash = iu_core.content_hash('Forgery')
      where id = ${version('ART-2', 1)}`,
  ],
];

describe.each(oneServer)('review decisions on $name', (server) => {
  const shared = sharedDatabase(server);
  const ART = ['DE-GG/ART-1', 'DE-GG/ART-2'];

  async function decided() {
    const client = await rolledBack(shared());
    await createMany(
      client,
      [1, 2, 3].map((n) => spec({ address: `DE-GG/ART-${n}`, body: `Art ${n}\n` })),
    );
    await client.query("select public.fn_iu_save('DE-GG/ART-1', 'x', 'y', 'an editor')");
    return { client, decision: await approve(client, 'enact', ART) };
  }

  it.each(['enact', 'supersede', 'retire'] as const)(
    'to %s: the digest is that of the lines it is said to be',
    async (verb) => {
      const { client } = await decided();
      if (verb === 'supersede') await enact(client, [...ART, 'DE-GG/ART-3']);
      const id = await approve(client, verb, ART, verb === 'supersede' ? 'DE-GG/ART-3' : undefined);
      const units = await rows<Record<string, string>>(
        client,
        `select d.*, v.content_hash, v.title from cutter_governance.review_decision_unit d
         join public.unit_version v on v.id = d.version_id where d.review_decision_id = $1`,
        [id],
      );
      const lines = units
        .map(
          (u) =>
            `${u.unit_id} ${u.version_id} ${u.content_hash} ${sha256(u.title!)} ${u.successor_unit_id ?? '-'}\n`,
        )
        .toSorted();
      expect(lines).toHaveLength(2);
      expect(
        await rows(
          client,
          'select subject_digest, units from cutter_governance.review_decision where id = $1',
          [id],
        ),
      ).toEqual([{ subject_digest: sha256(`${verb}\n${lines.join('')}`), units: 2 }]);
    },
  );

  it.each(ALTERATIONS)('one that was altered carries nothing any more: %s', async (_, alter) => {
    const { client, decision } = await decided();
    await client.query(`savepoint sound; set local session_replication_role = replica; ${alter};
                        set local session_replication_role = origin`);
    await client.query('savepoint tried');
    expect(await refusal(act(client, 'enact', [ART[1]!], decision))).toMatchObject({
      code: 'IU030',
      detail: { reason: 'altered', review_decision_id: decision },
    });
    await client.query('rollback to savepoint tried');
    await client.query('rollback to savepoint sound');
    expect(await act(client, 'enact', [ART[1]!], decision)).toMatchObject({ status: 'enacted' });
  });
});
