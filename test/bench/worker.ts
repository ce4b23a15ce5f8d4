/*
 * The route worker beside what else moves events out of PostgreSQL, in one run on one machine, by hand:
 *
 *   node test/bench/worker.ts [--bin DIR] [--seconds 5] [--hold 60] [--only compare,paced,fanout,growth,held]
 *
 * A cluster of its own that keeps what it commits (fsync on, synchronous_commit on), on the disk of $TMPDIR. Each
 * system has a fresh database per repetition, the systems take turns, three times; 200 bytes of text per event; one
 * event per transaction by pgbench; rows are counted in the database, and a run in which accepted and done do not come
 * out equal is void. Needs pgbench; graphile-worker comes from npm and PgQ from Debian while it runs, and what cannot
 * be had is said to be not measured. Written by the authors of one of the systems: say what is unfair.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { applyScript, loadProject, openSession } from '../../scripts/apply/index.ts';
import {
  connect,
  createDatabase,
  identify,
  withConnection,
  withDatabase,
} from '../../scripts/postgres/index.ts';
import { createScope } from '../../scripts/report/index.ts';
import { iu } from '../harness/support/iu.ts';
import { fanOut, growth, heldSnapshot } from './worker/floors.ts';
import { type Load, median, pgbench } from './worker/load.ts';
import { durableServer, SETTINGS } from './worker/server.ts';
import { graphile, least, ours, pgq, raw, type System } from './worker/systems.ts';

const { values } = parseArgs({
  options: {
    bin: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    hold: { type: 'string', default: '60' },
    only: { type: 'string', default: 'compare,paced,fanout,growth,held' },
  },
});
const SECONDS = Number(values.seconds);
const wanted = (part: string) => values.only.split(',').includes(part);
const REPETITIONS = 3;
const DRAIN_MS = 120_000;

interface Measured {
  /** Per second: accepted while producers ran, done from their start to the end of the drain. */
  accepted: number;
  done: number;
  p50: number;
  p99: number;
  void: boolean;
}

const scope = createScope();
const folder = mkdtempSync(join(tmpdir(), 'iu-bench-worker-'));
scope.defer(() => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void scope.close().then(() => process.exit(1)));
}
let databases = 0;

/** One cell: producers and consumer at once in a fresh database, then the drain. */
async function measure(admin: pg.Client, url: string, system: System, load: Load): Promise<Measured> {
  databases += 1;
  const name = `cell_${databases}`;
  await system.prepare(admin, url, name);
  const database = withDatabase(url, name);
  if (load.async) await admin.query(`alter database ${name} set synchronous_commit = off`);
  const client = await connect(database);
  await client.query('vacuum analyze');
  await client.query('checkpoint');
  const stop = await system.consume(database);
  await sleep(2000);
  const started = performance.now();
  await pgbench(folder, url, name, system.script, load);
  const producing = performance.now() - started;
  let progress = await system.progress(client);
  while (progress.done < progress.accepted && performance.now() - started < DRAIN_MS) {
    await sleep(50);
    progress = await system.progress(client);
  }
  const whole = performance.now() - started;
  await stop();
  const latency = await system.latency(client);
  await client.end();
  await admin.query(`drop database ${name} with (force)`);
  return {
    accepted: (progress.accepted / producing) * 1000,
    done: (progress.done / whole) * 1000,
    ...latency,
    void: progress.done !== progress.accepted,
  };
}

async function compare(
  admin: pg.Client,
  url: string,
  systems: System[],
  title: string,
  load: Load,
): Promise<void> {
  const cells = new Map<System, Measured[]>(systems.map((system) => [system, []]));
  for (let run = 0; run < REPETITIONS; run += 1) {
    for (const system of systems) cells.get(system)!.push(await measure(admin, url, system, load));
  }
  console.log(`\n${title}: median of ${REPETITIONS} (each)`);
  for (const [system, runs] of cells) {
    const show = (key: 'accepted' | 'done' | 'p50' | 'p99', digits: number) => {
      const numbers = runs.map((run) => run[key]);
      if (numbers.some(Number.isNaN)) return '–';
      return `${median(numbers).toFixed(digits)} (${numbers.map((number) => number.toFixed(digits)).join(', ')})`;
    };
    const lost = runs.filter((run) => run.void).length;
    console.log(`  ${system.name}${lost > 0 ? `  VOID: ${lost} of ${runs.length} not drained in time` : ''}`);
    console.log(`      accepted/s ${show('accepted', 0)} · done/s ${show('done', 0)}`);
    console.log(`      latency ms p50 ${show('p50', 1)} · p99 ${show('p99', 1)}`);
  }
}

async function template(admin: pg.Client, url: string): Promise<string> {
  await createDatabase(admin, 'iu_template');
  const database = withDatabase(url, 'iu_template');
  const { report } = await iu(['migrate', '--target', database]);
  if (report.exit !== 0) throw new Error(JSON.stringify(report.findings));
  await withConnection(database, async (client) => {
    const session = openSession(client, await identify(client));
    for (const script of (await loadProject(process.cwd())).runtime) await applyScript(session, script);
  });
  return 'iu_template';
}

try {
  const url = await durableServer(scope, values.bin);
  const admin = await connect(url);
  scope.defer(() => admin.end());
  const { rows } = await admin.query('select version()');
  console.log(`${rows[0].version}\n${cpus().length} × ${cpus()[0]!.model}`);
  console.log(
    `load average before it began: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  );
  console.log(
    Object.entries(SETTINGS)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  );
  const made = await template(admin, url);
  if (wanted('compare') || wanted('paced')) {
    const jobs = await graphile(folder);
    const queue = await pgq(folder);
    const systems = [raw, least(made), ours(made), ...(jobs ?? []), ...(queue ? [queue] : [])];
    if (!jobs) console.log('graphile-worker: not measured, npm could not install it');
    if (!queue) console.log('PgQ: not measured, apt-get could not download it');
    for (const { name, contract } of systems) console.log(`  ${name}: ${contract}`);
    const load = { clients: 16, seconds: SECONDS };
    const title = `16 clients, one event per commit, as fast as it goes for ${SECONDS} s, then drained`;
    if (wanted('compare')) {
      await compare(admin, url, systems, title, load);
      await compare(admin, url, systems, `the same with synchronous_commit off`, { ...load, async: true });
    }
    if (wanted('paced')) {
      await compare(admin, url, systems, '100 events/s, paced', { ...load, rate: 100 });
      await compare(admin, url, systems, '1,000 events/s, paced', { ...load, rate: 1_000 });
      await compare(admin, url, [ours(made)], '10,000 events/s, paced', { ...load, rate: 10_000 });
    }
  }
  if (wanted('fanout')) await fanOut(scope, admin, url, made);
  if (wanted('growth')) await growth(scope, admin, url, made);
  if (wanted('held')) await heldSnapshot(scope, admin, url, made, Number(values.hold));
} finally {
  await scope.close();
}
