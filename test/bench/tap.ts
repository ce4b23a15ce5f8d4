/*
 * iu's pgTAP runner beside pg_prove, on the same files, server and pgTAP, in one run:
 *
 *   node test/bench/tap.ts [files] [assertions]        (20 files of 50 assertions)
 *
 * Needs PostgreSQL 15 and its pgTAP, and pg_prove (Debian: postgresql-15 postgresql-15-pgtap
 * libtap-parser-sourcehandler-pgtap-perl). pg_prove runs the files on one database with two psqls at a time;
 * ours makes, runs on and drops a clone for each file, two at a time. Medians of five rounds, in turns.
 * A clone is 300 small files: on a slow disk that is what is measured, with TMPDIR=/dev/shm it is not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import { connect, createDatabase, dropDatabase, openTarget } from '../../scripts/postgres/index.ts';
import { createScope } from '../../scripts/report/index.ts';
import { prepareTemplate, runOnClones } from '../../scripts/tap/index.ts';

const [count = 20, assertions = 50] = process.argv.slice(2).map(Number);
const ROUNDS = 5;
const JOBS = 2;

const scope = createScope();
const root = mkdtempSync(join(tmpdir(), 'iu-bench-tap-'));
scope.defer(() => rmSync(root, { recursive: true }));
const files = Array.from({ length: count }, (_, index) => `article_${index + 1}.sql`);
for (const file of files) writeFileSync(join(root, file), testFile());

function testFile(): string {
  const asserts = Array.from({ length: assertions }, (_, n) =>
    [
      `select is(${n} + 1, ${n + 1}, 'article ${n} comes before ${n + 1}');`,
      `select has_function('lower', 'there is a function for article ${n}');`,
      `select throws_ok('select 1 / 0', '22012', null, 'no part of article ${n}');`,
    ].at(n % 3),
  );
  return ['begin;', `select plan(${assertions});`, ...asserts, 'select * from finish();', 'rollback;'].join(
    '\n',
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const show = (what: string, ms: number) => process.stdout.write(`${what.padEnd(52)} ${ms.toFixed(0)} ms\n`);

try {
  const target = await openTarget('embedded:/usr/lib/postgresql/15/bin', scope, () => {});
  const admin = await connect(target.url);
  scope.defer(() => admin.end());
  for (const name of ['articles', 'source']) await createDatabase(admin, name);
  const client = await connect(target.database('articles'));
  await client.query('create extension pgtap');
  await client.end();
  const loading = await timed(() => prepareTemplate(target, 'source'));
  const template = await prepareTemplate(target, 'source');

  const socket = decodeURIComponent(new URL(target.url.replace('@', '@h.')).hostname.replace(/^h\./, ''));
  const paths = files.map((file) => join(root, file));
  const psql = ['-h', socket, '-p', '5432', '-U', 'postgres', '-d', 'articles'];
  const prove = () => $({ quiet: true })`pg_prove -j ${JOBS} ${psql} ${paths}`;
  const ours = async () => {
    const suite = await runOnClones(target, template, { root, files, seconds: 60, jobs: JOBS, onFile() {} });
    const bad = suite.files.find(({ ok, passed }) => !ok || passed !== assertions);
    if (bad) throw new Error(JSON.stringify(bad.failures));
  };
  const clone = async () => {
    await createDatabase(admin, 'one_clone', { template: 'source' });
  };

  const times: Record<string, number[]> = { prove: [], ours: [], clone: [], drop: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.prove!.push(await timed(prove));
    times.ours!.push(await timed(ours));
    times.clone!.push(await timed(clone));
    times.drop!.push(await timed(() => dropDatabase(admin, 'one_clone')));
  }
  process.stdout.write(`${count} files of ${assertions} assertions, ${JOBS} at a time\n`);
  show('pg_prove, one database', median(times.prove!));
  show('iu, a clone for each file', median(times.ours!));
  process.stdout.write(`ratio ${(median(times.ours!) / median(times.prove!)).toFixed(2)}\n`);
  show('one clone', median(times.clone!));
  show('dropping it', median(times.drop!));
  show('loading pgTAP, once', loading);
} finally {
  await scope.close();
}
