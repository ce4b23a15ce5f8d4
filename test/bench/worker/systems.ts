import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { $ } from 'zx';
import { createDatabase, withConnection, withDatabase } from '../../../scripts/postgres/index.ts';
import { TEXT } from './load.ts';

/** What is compared, each with a fresh database per repetition. */
export interface System {
  name: string;
  /** What one accepted event means, and what is acknowledged. */
  contract: string;
  /** The statement of one producer's transaction. */
  script: string;
  /** Makes the database `name`. */
  prepare(admin: pg.Client, url: string, name: string): Promise<void>;
  /** Starts what consumes; returns what ends it. */
  consume(url: string): Promise<() => Promise<void>>;
  /** Counted in the database. */
  progress(client: pg.Client): Promise<Progress>;
  /** Milliseconds from accepted to consumed, once the consumer has ended. */
  latency(client: pg.Client): Promise<Latency>;
}

export interface Progress {
  accepted: number;
  /** Of those, consumed to the end. */
  done: number;
}

export interface Latency {
  p50: number;
  p99: number;
}

const NO_LATENCY: Latency = { p50: Number.NaN, p99: Number.NaN };

/** A process of ours beside the server, that ends with us. */
function beside(args: string[], env: Record<string, string>, cwd?: string): ChildProcess {
  const child = spawn(process.execPath, args, {
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const kill = () => void child.kill();
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  return child;
}

const ending = (child: ChildProcess) => async () => {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
};

export const raw: System = {
  name: 'plain INSERT',
  contract: 'a row in a table with a key; nobody consumes it',
  script: `insert into event (payload) values ('{"text": "${TEXT}"}')`,
  async prepare(admin, url, name) {
    await createDatabase(admin, name);
    await withConnection(withDatabase(url, name), (client) =>
      client.query(`create table event (id bigint generated always as identity primary key, payload jsonb not null,
                                        created_at timestamptz not null default clock_timestamp())`),
    );
  },
  consume: async () => async () => {},
  async progress(client) {
    const { rows } = await client.query('select count(*)::int as n from event');
    return { accepted: rows[0].n, done: rows[0].n };
  },
  latency: async () => NO_LATENCY,
};

/** What no governed function can be faster than: PL/pgSQL, and one INSERT of an event's columns and indexes. */
export const least = (template: string): System => ({
  name: 'the least function',
  contract: 'a PL/pgSQL function that inserts a row like an event: no gate, no type, no check, no lock',
  script: `select public.bench_least('{"text": "${TEXT}"}')`,
  async prepare(admin, url, name) {
    await createDatabase(admin, name, { template });
    await withConnection(withDatabase(url, name), (client) =>
      client.query(`
        create table public.bench_least (like public.event_outbox including defaults including identity,
                                         primary key (id)) partition by range (id);
        create index on public.bench_least (tx, id);
        create table public.bench_least_0 partition of public.bench_least for values from (0) to (1000000000);
        create function public.bench_least(p_payload jsonb) returns jsonb
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
          declare v_id bigint;
          begin
            insert into public.bench_least
                   (event_uid, event_domain, event_type, event_stream, delivery_lane, severity, subject_table,
                    subject_ref, actor_ref, source_system, correlation_id, safe_payload, occurred_at)
            values ('00000000-0000-7000-8000-000000000000', 'hearing', 'held', 'update', 'immediate', 'info',
                    'public.hearing', 'x', 'bench', 'external', '00000000-0000-7000-8000-000000000000', p_payload,
                    clock_timestamp())
            returning id into v_id;
            return jsonb_build_object('status', 'recorded', 'event_id', v_id);
          end $$`),
    );
  },
  consume: async () => async () => {},
  async progress(client) {
    const { rows } = await client.query('select count(*)::int as n from public.bench_least');
    return { accepted: rows[0].n, done: rows[0].n };
  },
  latency: async () => NO_LATENCY,
});

const BENCH_WORKER = 'bench_worker';

/** A type of its own, and a worker with `routes` dry-run routes for it; every other route is disabled. */
export async function route(client: pg.Client, routes: number): Promise<void> {
  await client.query(`
    select public.fn_iu_event_type_set(jsonb_build_array(jsonb_build_object(
             'event_domain', 'hearing', 'event_type', 'held', 'event_stream', 'update', 'delivery_lane', 'immediate',
             'severity', 'info', 'description', 'A hearing was held.')), 'bench');
    select public.fn_iu_gate_open(k, null, 'bench', 'bench', null)
      from unnest(array['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled']) as k;
    select public.fn_iu_route_set(jsonb_agg(jsonb_build_object('route_code', route_code, 'enabled', false)), 'bench')
      from public.iu_outbound_route having count(*) > 0;
    select public.fn_iu_route_worker_register('${BENCH_WORKER}', '{"page_limit": 10000}', 'bench');
    select public.fn_iu_route_worker_enable('${BENCH_WORKER}', 'bench', 'bench');
    select public.fn_iu_route_set((
      select jsonb_agg(jsonb_build_object(
               'route_code', 'bench.' || n, 'event_domain', 'hearing', 'event_type', 'held',
               'target_kind', 'report', 'target_ref', 'report:bench', 'enabled', true,
               'worker', '${BENCH_WORKER}', 'description', 'bench'))
        from generate_series(1, ${routes}) as n), 'bench')`);
}

export const runPage = `select public.fn_iu_route_worker_run('${BENCH_WORKER}', $1) as ran`;

export const ours = (template: string): System => ({
  name: 'IU Core, 3 routes',
  contract:
    'an event; a delivery row per event and route, which records its dry run; acknowledged per event and route',
  script: `select public.fn_iu_emit_event('hearing', 'held', 'public.hearing', 'x', 'bench',
             '{"text": "${TEXT}"}')`,
  async prepare(admin, url, name) {
    await createDatabase(admin, name, { template });
    await withConnection(withDatabase(url, name), (client) => route(client, 3));
  },
  async consume(url) {
    const iu = resolve(import.meta.dirname, '../../../scripts/iu.ts');
    const args = [iu, 'worker', 'watch', '--worker', BENCH_WORKER, '--target', url, '--interval', '0.05'];
    return ending(beside(args, {}));
  },
  async progress(client) {
    const { rows } = await client.query(`
      select (select count(*)::int from public.event_outbox where event_domain = 'hearing') as accepted,
             (select count(*)::int from (
                select from public.iu_route_delivery where worker = '${BENCH_WORKER}'
                 group by event_id having count(*) = 3) as d) as done`);
    return rows[0];
  },
  async latency(client) {
    // To the commit of the delivery, not to its own stamp, which is earlier.
    const { rows } = await client.query(`
      select percentile_cont(array[0.5, 0.99]) within group (
               order by extract(epoch from pg_xact_commit_timestamp(d.xmin) - e.created_at)::float8 * 1000) as p
        from public.event_outbox e
        join public.iu_route_delivery d on d.event_id = e.id and d.worker = '${BENCH_WORKER}'`);
    const [p50, p99] = rows[0].p;
    return { p50, p99 };
  },
});

/** graphile-worker, installed beside the bench for it alone; null where it cannot be had. */
export async function graphile(folder: string): Promise<System[] | null> {
  const version = '0.18.0';
  const installed = await $({
    quiet: true,
    nothrow: true,
  })`npm install --no-audit --no-fund --prefix ${folder} graphile-worker@${version}`;
  if (installed.exitCode !== 0) return null;
  const program = join(folder, 'consume.mjs');
  // Its latencies are taken as its task begins, so before it is complete: in its favour.
  writeFileSync(
    program,
    `import { writeFileSync } from 'node:fs';
     import { run, Logger } from 'graphile-worker';
     const late = [];
     const preset = { worker: { connectionString: process.env.DATABASE, maxPoolSize: 12, concurrentJobs: 10,
                                ...JSON.parse(process.env.WORKER) } };
     const runner = await run({ preset, noHandleSignals: true, logger: new Logger(() => () => {}),
       taskList: { law: async (_, { job }) => { late.push(Date.now() - job.created_at.getTime()); } } });
     process.on('SIGTERM', async () => {
       await runner.stop();
       late.sort((a, b) => a - b);
       const at = (share) => late[Math.min(late.length - 1, Math.floor(late.length * share))];
       writeFileSync(process.env.LATENCIES, JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
       process.exit(0);
     });`,
  );
  const variant = (name: string, worker: object): System => ({
    name: `graphile-worker ${version}, ${name}`,
    contract: 'a job for one consumer, no fan-out; acknowledged per job, then deleted',
    script: `select graphile_worker.add_job('law', '{"text": "${TEXT}"}')`,
    async prepare(admin, url, database) {
      await createDatabase(admin, database);
      await $({
        quiet: true,
      })`${join(folder, 'node_modules/.bin/graphile-worker')} --schema-only -c ${withDatabase(url, database)}`;
    },
    async consume(url) {
      const env = {
        DATABASE: url,
        WORKER: JSON.stringify(worker),
        LATENCIES: join(folder, 'latencies.json'),
      };
      return ending(beside([program], env, folder));
    },
    async progress(client) {
      const { rows } = await client.query(`
        select coalesce(pg_sequence_last_value(pg_get_serial_sequence('graphile_worker._private_jobs', 'id')), 0)::int
                 as accepted,
               (select count(*)::int from graphile_worker._private_jobs) as remaining`);
      const { accepted, remaining } = rows[0];
      return { accepted, done: accepted - remaining };
    },
    latency: async () => JSON.parse(readFileSync(join(folder, 'latencies.json'), 'utf8')),
  });
  return [
    variant('default', {}),
    variant('batched', { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
  ];
}

/** PgQ in plain SQL, out of Debian's package; null where it cannot be downloaded. */
export async function pgq(folder: string): Promise<System | null> {
  const sh = $({ cwd: folder, quiet: true, nothrow: true });
  const got = await sh`apt-get download postgresql-15-pgq3 && dpkg-deb -x postgresql-15-pgq3_*.deb pgq`;
  if (got.exitCode !== 0) return null;
  const sql = readFileSync(join(folder, 'pgq/usr/share/postgresql/15/contrib/pgq_pl_only.sql'), 'utf8');
  return {
    name: 'PgQ 3.5 in PL/pgSQL, 3 consumers',
    contract: 'an event every consumer reads; no row per event and consumer; acknowledged per batch',
    script: `select pgq.insert_event('law', 'updated', '{"text": "${TEXT}"}')`,
    async prepare(admin, url, name) {
      await createDatabase(admin, name);
      await withConnection(withDatabase(url, name), async (client) => {
        await client.query(sql);
        await client.query(`
          select pgq.create_queue('law'), pgq.set_queue_config('law', 'ticker_max_lag', '100 milliseconds');
          select pgq.register_consumer('law', 'c' || n) from generate_series(1, 3) as n;
          create table bench_read (consumer text, n int, ms float8[])`);
      });
    },
    async consume(url) {
      let stopping = false;
      const loop = (work: (client: pg.Client) => Promise<unknown>) =>
        withConnection(url, async (client) => {
          while (!stopping) await work(client);
        });
      const consumers = [1, 2, 3].map((n) =>
        loop(async (client) => {
          // One transaction per batch, as its documentation has it.
          await client.query('begin');
          const { rows } = await client.query(`select pgq.next_batch('law', 'c${n}') as batch`);
          const batch = rows[0].batch;
          if (batch !== null) {
            // One sample of a hundred is kept, to spare it writes that it would not make.
            await client.query(
              `insert into bench_read
               select 'c${n}', count(*),
                      array_agg(extract(epoch from clock_timestamp() - ev_time) * 1000) filter (where ev_id % 100 = 0)
                 from pgq.get_batch_events(${batch}) having count(*) > 0`,
            );
            await client.query(`select pgq.finish_batch(${batch})`);
          }
          await client.query('commit');
          if (batch === null) await sleep(2);
        }),
      );
      const ticker = loop(async (client) => {
        // A tick is a batch for each consumer. pgqd ticks once a second; ten times is in favour of its latency.
        await client.query("select pgq.ticker('law')");
        await sleep(100);
      });
      return async () => {
        stopping = true;
        await Promise.all([...consumers, ticker]);
      };
    },
    async progress(client) {
      const { rows } = await client.query(`
        select coalesce(pg_sequence_last_value('pgq.event_1_id_seq'), 0)::int as accepted,
               (select coalesce(min(n), 0)::int
                  from (select sum(n) as n from bench_read group by consumer having count(*) > 0) as c) as done`);
      return rows[0];
    },
    async latency(client) {
      const { rows } = await client.query(`
        select percentile_cont(array[0.5, 0.99]) within group (order by x) as p
          from bench_read, unnest(ms) as x`);
      const [p50, p99] = rows[0].p;
      return { p50, p99 };
    },
  };
}
