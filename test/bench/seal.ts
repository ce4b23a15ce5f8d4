/**
 * The content seal beside `pg_dump -s`, by hand: `node test/bench/seal.ts [tables…]`. Each figure is the
 * median of three runs after one unmeasured, on catalogs of 100, 1,000 and 5,000 tables.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import {
  contentFacts,
  contentSeal,
  diffFacts,
  rowCounts,
  sequenceStates,
  tableDigests,
  xminSeal,
} from '../../scripts/proof/index.ts';
import { SERVERS, type Server, startServer } from '../harness/proof/server.ts';

const schema = readFileSync(new URL('./seal.sql', import.meta.url), 'utf8');
const ROWS = `create table public.big as
  select i as id, md5(i::text) as a, i % 7 as b, now() as t, null::text as n, i * 1.5 as x
    from generate_series(1, 1000000) as i`;
const sizes = process.argv.slice(2).map(Number);

async function median(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[1]!;
}

async function catalogRows(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `select oid::regclass as name from pg_class
      where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r'
        and relname not in ('pg_statistic', 'pg_largeobject')`,
  );
  const counts = rows.map(({ name }) => `(select count(*) from ${name})`).join(' + ');
  return Number((await client.query(`select ${counts} as n`)).rows[0].n);
}

function dump(path: string, url: string) {
  const text = execFileSync(path, ['-s', '-d', url], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  return createHash('md5').update(text.split('\n').sort().join('\n')).digest('hex');
}

async function bench(server: Server, major: number, target: string) {
  const admin = await server.connect();
  for (const tables of sizes.length ? sizes : [100, 1000, 5000]) {
    const database = `bench_${tables}`;
    await admin.query(`create database ${database}`);
    const client = await server.connect(database);
    for (const part of schema.split(/(?<=;)\n(?=create|do)/)) {
      await client.query(part.replaceAll('%tables%', String(tables)));
    }
    // no ANALYZE: a schema that was just migrated has none either
    const rows = await catalogRows(client);
    const seal = await median(() => contentSeal(client));
    const xmin = await median(() => xminSeal(client));
    const facts = await median(() => contentFacts(client));
    const [a, b] = [await contentFacts(client), await contentFacts(client)];
    const diff = await median(async () => diffFacts(a, b));
    const counts = await median(() => rowCounts(client));
    const sequences = await median(() => sequenceStates(client));
    const figures: Array<[string, number]> = [
      ['contentSeal', seal],
      ['xminSeal', xmin],
      ['contentFacts', facts],
      ['diffFacts', diff],
      ['rowCounts', counts],
      ['sequenceStates', sequences],
    ];
    const pgDump = `${target.replace('embedded:', '')}/pg_dump`;
    const dumps = new Set<string>();
    if (existsSync(pgDump)) {
      const time = await median(async () => dumps.add(dump(pgDump, server.url(database))));
      figures.push(['pg_dump -s | sort | md5', time]);
    }
    console.log(`\nPostgreSQL ${major}, ${tables} tables, ${rows} catalog rows, ${a.objects.size} objects`);
    for (const [name, time] of figures) {
      const per = (time / rows) * 100_000;
      console.log(
        `  ${name.padEnd(24)} ${time.toFixed(0).padStart(6)} ms  ${(time / seal).toFixed(2).padStart(6)} × seal` +
          `  ${per.toFixed(0).padStart(6)} ms per 100,000 catalog rows`,
      );
    }
    if (dumps.size) console.log(`  ${dumps.size} different digests of 4 dumps of the unchanged schema`);
    await client.end();
    if (!process.env.KEEP) await admin.query(`drop database ${database}`);
  }
  await admin.query(ROWS);
  const time = await median(() => tableDigests(admin));
  const sorted = await median(() =>
    admin.query(`select md5(string_agg(entire::text, e'\\n' order by entire::text)) from public.big entire`),
  );
  const rate = (1000 / time).toFixed(2);
  console.log(
    `\nPostgreSQL ${major}, rows of a table of 1,000,000: tableDigests ${time.toFixed(0)} ms (${rate} M rows/s), ` +
      `md5 of the sorted text ${sorted.toFixed(0)} ms (${(sorted / time).toFixed(2)} × tableDigests)`,
  );
  await admin.end();
}

for (const { major, target } of SERVERS) {
  const server = await startServer(target);
  try {
    await bench(server, major, target);
  } finally {
    await server.stop();
  }
}
