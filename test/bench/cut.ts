/**
 * What a cut costs, by hand: `node test/bench/cut.ts [--units 137,10000] [--server embedded]`.
 *
 * For documents of so many units: each step of a run once; then, side by side in the same run, the cut itself (its
 * body, as a live run calls it) and one plain INSERT … SELECT per table of the very rows that it writes, keys made
 * before, into the same tables with the same locks, indexes and constraints. A COPY could not write them: units and
 * versions refer to each other, so both must be written by one statement. Medians of RUNS, each rolled back. Every
 * time a new database, not analyzed: as it is when a document has just been marked.
 */
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { applyScript, loadProject, openSession } from '../../scripts/apply/index.ts';
import { canonical, loadProfile, mark } from '../../scripts/cut/index.ts';
import { connect, createDatabase, identify, openTarget, uniqueName } from '../../scripts/postgres/index.ts';
import { createScope, type Scope } from '../../scripts/report/index.ts';
import { iu } from '../harness/support/iu.ts';

const RUNS = 5;
const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '137,10000' },
    server: { type: 'string', default: 'embedded' },
  },
});

/** Articles of some 400 bytes, three levels deep. */
const text = (units: number) =>
  Array.from(
    { length: units },
    (_, n) =>
      `${'#'.repeat(1 + (n % 3))} Section ${n}\n\n${'Die Würde des Menschen ist unantastbar. '.repeat(10)}\n\n`,
  ).join('');

const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
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
  for (const script of (await loadProject(process.cwd())).runtime)
    if (script.name < '05') await applyScript(session, script);
  return client;
}

/** The tables that a cut writes, in one statement where they refer to each other; then what it leaves besides. */
const TABLES = [
  ['public.information_unit', 'public.unit_version'],
  ['cutter_governance.review_decision'],
  ['cutter_governance.review_decision_unit'],
  ['cutter_governance.cut_change_set'],
  ['cutter_governance.cut_change_set_affected_row'],
  ['cutter_governance.dot_pair_signature'],
];
const staging = (table: string) => `bench.${table.split('.')[1]}`;

/** Keeps the rows that a cut writes, in tables of their own, and undoes it. */
async function stage(client: pg.Client): Promise<void> {
  await client.query('begin');
  await client.query('select bench.cut()');
  const written = new Map<string, string>();
  for (const table of TABLES.flat()) {
    const { rows } = await client.query(`select jsonb_agg(to_jsonb(t))::text as rows from ${table} as t`);
    written.set(table, rows[0].rows);
  }
  await client.query('rollback');
  for (const [table, rows] of written) {
    await client.query(`create table ${staging(table)} (like ${table})`);
    await client.query(
      `insert into ${staging(table)} select * from jsonb_populate_recordset(null::${staging(table)}, $1)`,
      [rows],
    );
    await client.query(`grant select on ${staging(table)} to workflow_admin`);
  }
}

/** Writes the kept rows plainly, past lock 1 as a governed function does. */
async function plainFunction(client: pg.Client): Promise<void> {
  const insert = async (table: string) => {
    const { rows } = await client.query(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
        where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    );
    return `insert into ${table} (${rows[0].columns}) select ${rows[0].columns} from ${staging(table)}`;
  };
  const statements: string[] = [];
  for (const [first, second] of TABLES)
    statements.push(
      second ? `with one as (${await insert(first!)}) ${await insert(second)}` : await insert(first!),
    );
  await client.query(`
    create function bench.plain() returns void language plpgsql security definer as
      $$ begin ${statements.join('; ')}; end $$;
    alter function bench.plain() owner to workflow_admin`);
}

const principal = (who: string) => `row('${who}', '${who}', '${who}', false)::iu_core.cut_principal`;

async function bench(target: string, units: number): Promise<void> {
  const scope = createScope();
  try {
    const client = await database(scope, target);
    const call = (statement: string, given: unknown[] = []) =>
      client.query(`select public.${statement} as answer`, given).then(({ rows }) => rows[0].answer);
    const bytes = Buffer.from(text(units));
    const profile = loadProfile('markdown');
    const marking = await timed(async () => mark(bytes, { origin: 'bench', prefix: 'BENCH', profile }));
    const manifest = JSON.stringify(mark(bytes, { origin: 'bench', prefix: 'BENCH', profile }));
    await call('fn_cut_profile_set($1, $2)', [canonical(profile.data), 'b']);
    await call("fn_cut_source_set('BENCH', null, 'non_authoritative', 'b', 'b')");
    const pinned = await call("fn_cut_source_pin('BENCH', 'bench', $1, 'markdown', 1, true, 'b')", [bytes]);
    const { run_id: run } = await call("fn_cut_open($1, 'LIVE', 'b')", [pinned.source_version_id]);
    const times: Array<[string, number]> = [['iu cut mark', marking]];
    const step = async (name: string, statement: string, given: unknown[] = []) => {
      times.push([name, await timed(() => call(statement, given))]);
    };
    await step('fn_cut_mark', "fn_cut_mark($1, $2, 'b')", [run, manifest]);
    await step('fn_cut_plan', "fn_cut_plan($1, 'b')", [run]);
    const backup = { kind: 'b', ref: 'b', sha256: '0'.repeat(64), taken_at: new Date().toISOString() };
    await call("fn_cut_record_backup($1, $2, 'b')", [run, JSON.stringify(backup)]);
    await step('fn_cut_probe_grants', "fn_cut_probe_grants($1, 'b')", [run]);
    await step('fn_cut_dryrun', "fn_cut_dryrun($1, 'b')", [run]);
    await step('fn_cut_readiness', 'fn_cut_readiness($1)', [run]);

    await client.query(`
      create schema bench;
      grant usage, create on schema bench to workflow_admin;
      create function bench.cut() returns jsonb language plpgsql security definer as
        $$ begin return iu_core.cut_apply_impl('${run}', ${principal('e')}, ${principal('a')}, null); end $$;
      alter function bench.cut() owner to workflow_admin`);
    await stage(client);
    await plainFunction(client);

    const cut: number[] = [];
    const plain: number[] = [];
    for (let round = -1; round < RUNS; round += 1)
      for (const [found, statement] of [
        [cut, 'select bench.cut()'],
        [plain, 'select bench.plain()'],
      ] as const) {
        await client.query('begin');
        const time = await timed(() => client.query(statement));
        await client.query('rollback');
        if (round >= 0) found.push(time);
      }
    console.log(`\n${units} units, ${bytes.length} bytes`);
    for (const [name, time] of times) console.log(`  ${name.padEnd(20)} ${time.toFixed(0).padStart(7)} ms`);
    const [ours, theirs] = [median(cut), median(plain)];
    const rate = (ms: number) => `${((units / ms) * 1000).toFixed(0).padStart(7)} units/s`;
    console.log(`  ${'the cut'.padEnd(20)} ${ours.toFixed(0).padStart(7)} ms ${rate(ours)}`);
    console.log(`  ${'plain INSERT'.padEnd(20)} ${theirs.toFixed(0).padStart(7)} ms ${rate(theirs)}`);
    console.log(`  ratio ${(theirs / ours).toFixed(2)} (promised: 0.33)`);
  } finally {
    await scope.close();
  }
}

for (const units of values.units.split(',').map(Number)) await bench(values.server, units);
