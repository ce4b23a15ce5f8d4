/**
 * What the substrate costs, by hand: `node test/bench/substrate.ts [--units 1000,100000,1000000]
 * [--server embedded]`.
 *
 * First the promises of the design, each beside its alternative in the same run: fn_iu_create_many beside one plain
 * INSERT … SELECT of the same rows into the same tables (keys made before, locks, indexes and constraints the same);
 * a document of 10,000 units reconstructed, working and from an edition; a subtree of 10,000 reparented. Then how
 * each cost grows with the database: documents of 1,000 units, so many that the database has 10^3, 10^5, 10^6, and
 * beside them one document of that size (to 10^5). Medians of RUNS, in milliseconds; each write is rolled back.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { applyScript, loadProject, openSession } from '../../scripts/apply/index.ts';
import { connect, createDatabase, identify, openTarget, uniqueName } from '../../scripts/postgres/index.ts';
import { createScope, type Scope } from '../../scripts/report/index.ts';
import { iu } from '../harness/support/iu.ts';

const RUNS = 7;
const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '1000,100000,1000000' },
    server: { type: 'string' },
  },
});
const SIZES = values.units.split(',').map(Number);

/** A body of some 400 bytes, as articles of laws have. */
const BODY = "repeat('Die Würde des Menschen ist unantastbar. ', 10)";

/** The specs of a document of `size` units: one root, then units under it, ten levels down for one in a hundred. */
const specs = (doc: string, size: number, from = 1) => `
  select jsonb_agg(jsonb_build_object(
           'address', '${doc}/S-' || n, 'title', 'Section ' || n, 'body', n || ' ' || ${BODY},
           'unit_kind', 'law_unit', 'section_type', 'section',
           'parent_ref', case when n > 1 then '${doc}/S-' || case when n % 100 < 10 and n > 100 then n - 1 else 1 end end)
           order by n)
    from generate_series(${from}, ${size}) as n`;

const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The median time of a statement, each run rolled back; `before` runs in the same transaction, not counted. */
async function cost(client: pg.Client, text: string, before = ''): Promise<number> {
  const times: number[] = [];
  for (let run = -1; run < RUNS; run += 1) {
    await client.query('begin');
    if (before) await client.query(before);
    const time = await timed(() => client.query(text));
    if (run >= 0) times.push(time);
    await client.query('rollback');
  }
  return median(times);
}

async function database(scope: Scope, target: string): Promise<pg.Client> {
  const server = await openTarget(target, scope, () => {});
  const admin = await connect(server.url);
  scope.defer(() => admin.end());
  const name = uniqueName('bench');
  await createDatabase(admin, name);
  const url = server.database(name);
  const { report } = await iu(['migrate', '--target', url]);
  if (report.exit !== 0) throw new Error(JSON.stringify(report.findings));
  const client = await connect(url);
  scope.defer(() => client.end());
  const session = openSession(client, await identify(client));
  for (const script of (await loadProject(process.cwd())).runtime) await applyScript(session, script);
  return client;
}

/** Rows with every key made, for the plain INSERT. */
async function stage(client: pg.Client, size: number): Promise<void> {
  await client.query(`
    create table bench_staging as
    select p.unit_id, p.version_id, p.address, p.unit_kind, p.section_type, p.parent_id, p.sort_key, p.title, p.body,
           iu_core.content_hash(p.body) as content_hash
      from iu_core.place_unit_specs(iu_core.read_unit_specs((${specs('PLAIN', size)}))) as p;
    grant select on bench_staging to workflow_admin;
    analyze bench_staging`);
  // Passes lock 1 as a governed function does: what the plain INSERT is made with.
  await client.query(`
    create function public.bench_plain() returns bigint language sql security definer as $$
      with unit as (
        insert into public.information_unit
               (id, canonical_address, unit_kind, section_type, parent_or_container_ref, sort_key,
                draft_version_ref, owner_ref, created_at, created_by, updated_at, updated_by)
        select unit_id, address, unit_kind, section_type, parent_id, sort_key, version_id, 'b', now(), 'b', now(), 'b'
          from bench_staging),
      version as (
        insert into public.unit_version
               (id, unit_id, version_seq, title, body, content_hash, created_at, created_by)
        select version_id, unit_id, 1, title, body, content_hash, now(), 'b' from bench_staging)
      select count(*) from bench_staging $$;
    alter function public.bench_plain() owner to workflow_admin`);
}

const approve = (act: string, where: string) => `
  create temporary table bench_decision on commit drop as
  select public.fn_iu_review_decide('${act}', (
           select jsonb_agg(jsonb_build_object('address', u.canonical_address, 'version_id', u.draft_version_ref))
             from public.information_unit u where ${where}), 'approve', 'b', 'bench') ->> 'review_decision_id' as id,
         array(select u.canonical_address from public.information_unit u where ${where}) as addresses`;
const ENACT = `select public.fn_iu_enact_many(d.addresses, 'b', d.id::uuid) from bench_decision d`;

async function promises(client: pg.Client): Promise<void> {
  const size = 10_000;
  await stage(client, size);
  await client.query(`create temporary table bench_specs as select (${specs('BENCH', size)}) as specs`);
  const create = `select jsonb_array_length(public.fn_iu_create_many((select specs from bench_specs), 'b') -> 'units')`;
  const open = `select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'b', 'bench', null)`;
  const plain = await cost(client, 'select public.bench_plain()');
  const closed = await cost(client, create);
  const opened = await cost(client, create, open);
  const rate = (ms: number) => `${((size / ms) * 1000).toFixed(0).padStart(7)} units/s`;
  console.log(`create ${size} units`);
  console.log(`  plain INSERT … SELECT              ${plain.toFixed(0).padStart(6)} ms ${rate(plain)}`);
  console.log(
    `  fn_iu_create_many, outbox closed   ${closed.toFixed(0).padStart(6)} ms ${rate(closed)}  ${(plain / closed).toFixed(2)} of plain`,
  );
  console.log(
    `  fn_iu_create_many, an event each   ${opened.toFixed(0).padStart(6)} ms ${rate(opened)}  ${(plain / opened).toFixed(2)} of plain`,
  );

  // What the runs above left behind is no part of a database that only grew.
  await client.query('vacuum full');
  await client.query(create);
  await client.query('vacuum analyze');
  await client.query('begin');
  await client.query(approve('enact', "u.doc_code = 'BENCH'"));
  const enact = await timed(() => client.query(ENACT));
  await client.query('commit');
  await client.query('vacuum analyze');
  console.log(`enact ${size} units, one edition         ${enact.toFixed(0).padStart(6)} ms`);
  for (const [name, text] of [
    ['reconstruct, working (promised 100)', "select length(public.fn_iu_reconstruct_source('BENCH'))"],
    ['reconstruct, an edition (promised 30)', "select length(public.fn_iu_reconstruct_source('BENCH', 1))"],
    ['subtree of all', "select count(*) from public.fn_iu_subtree('BENCH/S-1')"],
    ['tree', "select count(*) from public.fn_iu_tree('BENCH')"],
    ['verify invariants of all', 'select count(*) from public.fn_iu_verify_invariants()'],
  ]) {
    console.log(`${name!.padEnd(38)} ${(await cost(client, text!)).toFixed(1).padStart(8)} ms`);
  }
  await client.query(`select public.fn_iu_create('BENCH/TOP', 'Top', '', 'b', 'law_unit', 'section')`);
  const move = await cost(client, `select public.fn_iu_reparent('BENCH/S-1', 'BENCH/TOP', 'b', 'bench')`);
  await client.query('begin');
  const xid = (await client.query('select pg_current_xact_id()::xid as xid')).rows[0].xid;
  await client.query(`select public.fn_iu_reparent('BENCH/S-1', 'BENCH/TOP', 'b', 'bench')`);
  const changed = (
    await client.query('select count(*)::int as n from public.information_unit where xmin = $1', [xid])
  ).rows[0].n;
  await client.query('rollback');
  console.log(
    `reparent a subtree of ${size}             ${move.toFixed(1).padStart(8)} ms, ${changed} row changed`,
  );
}

/** A batch is at most so large: a JSON array holds 256 MB. */
const BATCH = 10_000;

/** Fills a database with documents of `each` units up to `total`, all enacted. */
async function fill(client: pg.Client, total: number, each: number): Promise<void> {
  for (let made = 0; made < total; made += each) {
    const doc = `D${made / each}-X`;
    for (let from = 1; from <= each; from += BATCH) {
      await client.query(
        `select jsonb_array_length(public.fn_iu_create_many((${specs(doc, Math.min(from + BATCH - 1, each), from)}), 'b') -> 'units')`,
      );
    }
    await client.query('begin');
    await client.query(approve('enact', `u.doc_code = '${doc}'`));
    await client.query(ENACT);
    await client.query('commit');
  }
  await client.query('vacuum analyze');
}

const OPERATIONS: Array<[string, string, string?]> = [
  ['create 100 units in a document', `select public.fn_iu_create_many((${specs('NEW', 100)}), 'b')`],
  ['save one draft', "select public.fn_iu_save('D0-X/S-2', 'x', 'new text', 'b')"],
  [
    'enact one unit',
    ENACT,
    `select public.fn_iu_save('D0-X/S-2', 'x', 'new text', 'b'); ${approve('enact', "u.canonical_address = 'D0-X/S-2'")}`,
  ],
  ['move one unit among its siblings', "select public.fn_iu_move('D0-X/S-2', 'D0-X/S-20', 'b', 'bench')"],
  ['reparent one unit', "select public.fn_iu_reparent('D0-X/S-2', 'D0-X/S-20', 'b', 'bench')"],
  ['read one unit', "select * from public.fn_iu_get('D0-X/S-2')"],
  ['subtree of 10 units', "select count(*) from public.fn_iu_subtree('D0-X/S-200')"],
  ['reconstruct the document, working', "select length(public.fn_iu_reconstruct_source('D0-X'))"],
  ['reconstruct the document, edition', "select length(public.fn_iu_reconstruct_source('D0-X', 1))"],
  [
    'verify the invariants of one unit',
    `select count(*) from public.fn_iu_verify_invariants(array(select id from public.information_unit where canonical_address = 'D0-X/S-2'))`,
  ],
  ['verify the invariants of all', 'select count(*) from public.fn_iu_verify_invariants()'],
];

async function growth(
  scope: Scope,
  target: string,
  shape: string,
  sizes: number[],
  each: (total: number) => number,
): Promise<void> {
  const columns: number[][] = [];
  for (const total of sizes) {
    const client = await database(scope, target);
    await fill(client, total, each(total));
    const column: number[] = [];
    for (const [, text, before] of OPERATIONS) column.push(await cost(client, text, before));
    columns.push(column);
  }
  console.log(`\n${shape}, ms`.padEnd(40) + sizes.map((size) => `${size}`.padStart(12)).join(''));
  for (const [n, [name]] of OPERATIONS.entries()) {
    console.log(
      `  ${name.padEnd(37)}${columns.map((column) => column[n]!.toFixed(1).padStart(12)).join('')}`,
    );
  }
}

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';
const targets = ['embedded', ...(existsSync(`${DEBIAN_15}/initdb`) ? [`embedded:${DEBIAN_15}`] : [])];
for (const target of values.server ? [values.server] : targets) {
  const scope = createScope();
  try {
    const client = await database(scope, target);
    console.log(`\n${(await client.query('select version()')).rows[0].version}`);
    await promises(client);
    await growth(scope, target, 'documents of 1,000 units', SIZES, () => 1000);
    await growth(
      scope,
      target,
      'one document of all units',
      SIZES.filter((size) => size <= 100_000),
      (total) => total,
    );
  } finally {
    await scope.close();
  }
}
