/**
 * A proven backup beside plain `pg_dump -Fc`, by hand: `node test/bench/backup.ts [rows]`. One table of a
 * million rows of about 1 kB on a PostgreSQL 15 of its own; each is run once, plain pg_dump first, so that the
 * table is in the cache for both. The memory is the peak of the node process alone (VmHWM), read while it runs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect, openTarget } from '../../scripts/postgres/index.ts';
import { createScope } from '../../scripts/report/index.ts';

const BIN = '/usr/lib/postgresql/15/bin';
const IU = resolve(import.meta.dirname, '../../scripts/iu.ts');
const rows = Number(process.argv[2] ?? 1_000_000);
const TABLE = `create table public.article as
  select i as id, md5(i::text) || md5((i * 7)::text) || md5((i * 13)::text) as digest, now() as at,
         repeat('Điều ' || i || ' khoản ' || i % 7 || ', ', 40) as body
    from generate_series(1, ${rows}) as i`;

const megabytes = (bytes: number) => bytes / 2 ** 20;

/** Runs `iu backup --json` and watches the peak of its memory. */
function proven(url: string, out: string): Promise<{ seconds: number; peak: number; stdout: string }> {
  const started = performance.now();
  const child = spawn(process.execPath, [IU, 'backup', '--json', '--out', out, '--target', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peak = 0;
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    } catch {}
  }, 50);
  return new Promise((done) =>
    child.on('close', () => {
      clearInterval(watch);
      done({ seconds: (performance.now() - started) / 1000, peak, stdout });
    }),
  );
}

const scope = createScope();
const out = mkdtempSync(join(tmpdir(), 'iu-bench-'));
try {
  const { url } = await openTarget(`embedded:${BIN}`, scope, () => {});
  const client = await connect(url);
  await client.query(TABLE);
  const { size } = (await client.query('select pg_database_size(current_database())::float8 as size'))
    .rows[0];
  await client.end();
  const line = (name: string, seconds: number, more: string) =>
    console.log(
      `${name.padEnd(26)} ${seconds.toFixed(1).padStart(6)} s  ${(megabytes(size) / seconds).toFixed(0).padStart(4)} MB/s  ${more}`,
    );
  console.log(`PostgreSQL 15, a database of ${megabytes(size).toFixed(0)} MB, ${rows} rows`);
  const started = performance.now();
  const plain = join(out, 'plain.dump');
  execFileSync(`${BIN}/pg_dump`, ['--format=custom', `--file=${plain}`, `--dbname=${url}`]);
  line(
    'pg_dump -Fc',
    (performance.now() - started) / 1000,
    `${megabytes(statSync(plain).size).toFixed(0)} MB`,
  );
  const { seconds, peak, stdout } = await proven(url, out);
  const { exit, items } = JSON.parse(stdout);
  line(
    'iu backup (restored)',
    seconds,
    `${megabytes(items[0].bytes).toFixed(0)} MB, node's peak ${megabytes(peak).toFixed(0)} MB, exit ${exit}, ${items[0].grade}`,
  );
} finally {
  await scope.close();
  rmSync(out, { recursive: true, force: true });
}
