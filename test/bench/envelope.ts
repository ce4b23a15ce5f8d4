/**
 * What the probe envelope costs over the probe itself, by hand: `node test/bench/envelope.ts`. On databases of
 * 2,000 tables: the same statements run plainly and inside the envelope in turns, 20 times after 3 unmeasured,
 * minimum and median in milliseconds. `plain`: keys, 2,000 foreign keys, 1,000 functions, 200 sequences.
 * `governed`: what seal.ts measures, with 2,000 sequences, triggers, comments, grants and 8,000 indexes.
 */
import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { connect, createDatabase, openTarget } from '../../scripts/postgres/index.ts';
import { openWitness, runProbe, type Witness, xminSeal } from '../../scripts/proof/index.ts';
import { createScope } from '../../scripts/report/index.ts';
import { loadParser, parseSqlBytes } from '../../scripts/sql/index.ts';

const RUNS = 20;
const TABLES = 2000;
const PLAIN = `do $$
begin
  for i in 0 .. ${TABLES - 1} loop
    execute format('create table public.t%1$s (id bigint primary key, parent bigint, code text, body text)', i);
    if i > 0 then
      execute format('alter table public.t%s add foreign key (parent) references public.t%s', i, i - 1);
    end if;
    if i % 2 = 0 then
      execute format('create function public.f%s() returns int language sql return 1', i);
    end if;
    if i % 10 = 0 then execute format('create sequence public.s%s owned by public.t%1$s.id', i); end if;
    if i % 200 = 0 then commit; end if;
  end loop;
end $$`;
const GOVERNED = readFileSync(new URL('./seal.sql', import.meta.url), 'utf8').replaceAll(
  '%tables%',
  `${TABLES}`,
);
const SCHEMAS: Record<string, string[]> = {
  plain: [PLAIN],
  governed: GOVERNED.split(/(?<=;)\n(?=create|do)/),
};

const PROBE = `begin;
create temp table note (id int);
insert into note select generate_series(1, 100);
select count(*) = 100 as ok, 'all are there' as scenario, null as detail from note;
rollback;`;

/** Minimum and median. */
function figures(times: number[]): [number, number] {
  const sorted = times.toSorted((a, b) => a - b);
  return [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function measure(client: pg.Client, witness: Witness | string): Promise<[number, number]> {
  const file = parseSqlBytes(Buffer.from(PROBE), 'bench.sql');
  const run = async (statement: { text: string }) => (await client.query(statement.text)).rows;
  const over: number[] = [];
  for (let i = 0; i < RUNS + 3; i += 1) {
    const plain = await timed(async () => {
      for (const statement of file.statements) await run(statement);
    });
    const enveloped = await timed(() => runProbe(client, file, { run, witness }));
    if (i >= 3) over.push(enveloped - plain);
  }
  return figures(over);
}

async function seals(client: pg.Client): Promise<{ rows: number; time: [number, number] }> {
  const { catalogs } = await xminSeal(client);
  const rows = [...catalogs.values()].reduce((sum, catalog) => sum + catalog.rows, 0);
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) times.push(await timed(() => xminSeal(client)));
  return { rows, time: figures(times) };
}

const show = ([minimum, median]: [number, number]) =>
  `${minimum.toFixed(0).padStart(5)} ${median.toFixed(0).padStart(6)}`;

await loadParser();
const scope = createScope();
console.log(
  'server         schema     catalog rows   xmin seal: min median   envelope: min median   with witness: min median',
);
for (const target of ['embedded', 'embedded:/usr/lib/postgresql/15/bin']) {
  const [, bin] = /^embedded:(.*)$/.exec(target) ?? [];
  if (bin && !existsSync(bin)) continue;
  const server = await openTarget(target, scope, () => {});
  const admin = await connect(server.url);
  const { rows: version } = await admin.query('show server_version');
  for (const [name, parts] of Object.entries(SCHEMAS)) {
    await createDatabase(admin, name);
    const client = await connect(server.database(name));
    const watching = await connect(server.database(name));
    for (const part of parts) await client.query(part);
    const { rows, time } = await seals(client);
    const without = await measure(client, 'not asked for');
    const { witness } = await openWitness(watching);
    const watched = await measure(client, witness ?? 'there is none');
    const line = [
      `PostgreSQL ${version[0].server_version.split(' ')[0]}`.padEnd(14),
      name.padEnd(10),
      String(rows).padStart(12),
      show(time).padStart(22),
      show(without).padStart(22),
      show(watched).padStart(26),
    ];
    console.log(line.join(' '));
    await witness?.close();
    await client.end();
    await watching.end();
  }
  await admin.end();
}
await scope.close();
