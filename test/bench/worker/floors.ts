import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connect, createDatabase, withDatabase } from '../../../scripts/postgres/index.ts';
import type { Scope } from '../../../scripts/report/index.ts';
import { median, TEXT } from './load.ts';
import { route, runPage } from './systems.ts';

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** A fresh database of the template, with three routes. */
async function fresh(
  scope: Scope,
  admin: pg.Client,
  url: string,
  template: string,
  name: string,
): Promise<pg.Client> {
  await createDatabase(admin, name, { template });
  const client = await connect(withDatabase(url, name));
  scope.defer(() => client.end());
  await route(client, 3);
  // What governed tables let through: a function of their owner.
  await client.query(`
    create function public.bench_emit(p_count int) returns void language plpgsql security definer as $$
    begin
      perform iu_core.begin_write();
      perform iu_core.emit_events(
                array(select iu_core.fact('hearing', 'held', 'public.hearing', n::text, null,
                                          '{"text": "${TEXT}"}', null, null)
                        from generate_series(1, p_count) as n), 'bench', iu_core.uuid_v7());
    end $$;
    alter function public.bench_emit(int) owner to workflow_admin`);
  return client;
}

async function emit(client: pg.Client, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 10_000) {
    await client.query('select public.bench_emit($1)', [Math.min(left, 10_000)]);
  }
}

interface Ran {
  status: string;
  seen: number;
  deliveries: number;
  more: boolean;
}

const page = async (client: pg.Client, limit: number | null): Promise<Ran> =>
  (await client.query<{ ran: Ran }>(runPage.replace('$1', limit === null ? 'null' : String(limit)))).rows[0]!
    .ran;

async function drain(client: pg.Client): Promise<void> {
  while ((await page(client, 10_000)).more);
}

/** Rows per second of the fan-out, and of a plain INSERT … SELECT of the same rows into tables made alike. */
export async function fanOut(scope: Scope, admin: pg.Client, url: string, template: string): Promise<void> {
  const rates: Array<{ ours: number; plain: number }> = [];
  for (let run = 0; run < 3; run += 1) {
    const client = await fresh(scope, admin, url, template, `fan_${run}`);
    await drain(client);
    await emit(client, 200_000);
    await client.query('vacuum analyze');
    await client.query('checkpoint');
    const ours = await timed(() => drain(client));
    const { rows } = await client.query(
      "select count(*)::int as n from public.iu_route_delivery where worker = 'bench_worker'",
    );
    await client.query('create table bench_delivery (like public.iu_route_delivery including all)');
    await client.query('checkpoint');
    const plain = await timed(() =>
      client.query(`insert into bench_delivery select * from public.iu_route_delivery
                     where route_code like 'bench.%' order by event_id, route_code`),
    );
    const rate = (ms: number) => (rows[0].n / ms) * 1000;
    rates.push({ ours: rate(ours), plain: rate(plain) });
    await client.end();
    await admin.query(`drop database fan_${run} with (force)`);
  }
  const of = (key: keyof (typeof rates)[number]) => median(rates.map((one) => one[key]));
  const show = (key: keyof (typeof rates)[number]) =>
    `${of(key).toFixed(0).padStart(8)} (${rates.map((one) => one[key].toFixed(0)).join(', ')})`;
  console.log(
    '\nfan-out, one worker, 200,000 events, 3 dry-run routes, pages of 10,000: deliveries/s, median of 3',
  );
  console.log(`  worker                                   ${show('ours')}`);
  console.log(`  plain INSERT of the same rows            ${show('plain')}`);
  console.log(`  worker / plain INSERT of the same rows   ${(of('ours') / of('plain')).toFixed(2)}`);
}

/**
 * How a page of 1,000 events costs with so many waiting behind it, a replay with so many dead letters, and an idle run
 * after all of them.
 */
export async function growth(scope: Scope, admin: pg.Client, url: string, template: string): Promise<void> {
  console.log(
    '\ncost with a backlog, ms, median of 9'.padEnd(40) +
      'page of 1,000'.padStart(16) +
      'idle run'.padStart(12) +
      'replay'.padStart(12),
  );
  for (const backlog of [0, 10_000, 1_000_000]) {
    const name = `growth_${backlog}`;
    const client = await fresh(scope, admin, url, template, name);
    await drain(client);
    await emit(client, backlog + 10_000);
    await buryMany(client, Math.min(backlog, 100_000) + 20);
    await client.query('vacuum analyze');
    const pages: number[] = [];
    for (let run = -1; run < 9; run += 1) {
      const time = await timed(() => page(client, 1000));
      if (run >= 0) pages.push(time);
    }
    const { rows } = await client.query(
      'select id from public.iu_route_dead_letter order by id desc limit 20',
    );
    const replays: number[] = [];
    for (const { id } of rows) {
      replays.push(
        await timed(() =>
          client.query("select public.fn_iu_route_dead_letter_replay($1, 'bench', 'bench')", [id]),
        ),
      );
    }
    // Once all of them are handled, and the planner knows of them.
    await drain(client);
    await client.query('vacuum analyze');
    const idle: number[] = [];
    for (let run = -3; run < 9; run += 1) {
      const time = await timed(() => page(client, 1000));
      if (run >= 0) idle.push(time);
    }
    console.log(
      `  ${String(backlog).padStart(9)} events`.padEnd(38) +
        `${median(pages).toFixed(1).padStart(16)}${median(idle).toFixed(2).padStart(12)}${median(replays).toFixed(2).padStart(12)}`,
    );
    await client.end();
    await admin.query(`drop database ${name} with (force)`);
  }
}

/** Dead letters of so many events that were never there. */
async function buryMany(client: pg.Client, count: number): Promise<void> {
  await client.query(`
    create function public.bench_bury(p_count int) returns void language plpgsql security definer as $$
    begin
      perform iu_core.bury(to_jsonb(e) || jsonb_build_object('id', 1000000000 + n), 'bench.1', 'bench_worker', 1, 'x', 'x')
         from generate_series(1, p_count) as n,
              (select * from public.event_outbox where event_domain = 'hearing' order by id desc limit 1) as e;
    end $$;
    alter function public.bench_bury(int) owner to workflow_admin`);
  await client.query('select public.bench_bury($1)', [count]);
}

/** Ticks under a snapshot that somebody holds, and the dead rows they leave. */
export async function heldSnapshot(
  scope: Scope,
  admin: pg.Client,
  url: string,
  template: string,
  seconds: number,
): Promise<void> {
  const client = await fresh(scope, admin, url, template, 'held');
  await drain(client);
  const holder = await connect(withDatabase(url, 'held'));
  scope.defer(() => holder.end());
  const measure = async (): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < 50; run += 1) {
      await emit(client, 10);
      times.push(await timed(() => page(client, 1000)));
    }
    return median(times);
  };
  await measure();
  const before = await measure();
  await holder.query('begin isolation level repeatable read; select 1 from public.event_outbox limit 1');
  const until = performance.now() + seconds * 1000;
  let ticks = 0;
  while (performance.now() < until) {
    await emit(client, 10);
    await page(client, 1000);
    ticks += 1;
  }
  const after = await measure();
  await holder.query('rollback');
  await sleep(1500);
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query(`
    select relname, n_dead_tup::int as dead, n_tup_ins::int as inserted
      from pg_stat_user_tables
     where relname ~ '^(event_outbox|iu_route_(delivery|attempt|worker_cursor|pending))' and n_tup_ins > 0
     order by 1`);
  console.log(`\na snapshot held for ${seconds} s, ${ticks} ticks of 10 events meanwhile: a tick`);
  console.log(`  before ${before.toFixed(2)} ms · at the end ${after.toFixed(2)} ms`);
  console.log(
    `  dead rows: ${rows.map(({ relname, dead, inserted }) => `${relname} ${dead} of ${inserted}`).join(' · ')}`,
  );
  await client.end();
}
