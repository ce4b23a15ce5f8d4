import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { value } from '../schema/support.ts';
import { iu, REAL_PROJECT, until } from '../support/index.ts';

export const WORKER = 'law_worker';
export const FENCE = { IU_DEPLOYMENT_ID: 'law-test', IU_FENCE_TOKEN: 'not-a-secret-in-a-test' };

/** Types of our own: what our governed functions emit is reserved for them. */
const TYPES = ['opened', 'held', 'adjourned'].map((event_type) => ({
  event_domain: 'hearing',
  event_type,
  event_stream: 'update',
  delivery_lane: 'immediate',
  severity: 'info',
  description: `A hearing was ${event_type}.`,
}));

/** What the tests set up beside the worker itself. */
export interface Setup {
  /** Folder of the reports: then route law.report is live, and the delivery gate open. */
  reports?: string;
}

const call = (client: pg.Client, text: string, values: unknown[] = []) => client.query(text, values);
const openGate = (client: pg.Client, key: string) =>
  call(client, "select public.fn_iu_gate_open($1, null, 'a test', 'to test the worker', null)", [key]);

/**
 * Registers the types, opens the gates, registers and enables a worker of our own, and gives it its routes: law.all
 * (every event of a hearing) and law.openings, both dry runs, and law.report (those held), live where there is a folder
 * for it.
 */
export async function setUp(client: pg.Client, { reports }: Setup = {}): Promise<void> {
  await call(client, "select public.fn_iu_event_type_set($1, 'a test')", [JSON.stringify(TYPES)]);
  for (const key of ['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled'])
    await openGate(client, key);
  await call(client, "select public.fn_iu_route_worker_register($1, $2, 'a test')", [
    WORKER,
    // A minute: or on a busy machine it is stale between two steps of a test.
    { interval_seconds: 60, page_limit: 500, max_retries_due: 1_000_000 },
  ]);
  await call(client, "select public.fn_iu_route_worker_enable($1, 'a test', 'to test it')", [WORKER]);
  const route = (route_code: string, event_type: string, more: object = {}) => ({
    route_code,
    event_domain: 'hearing',
    event_type,
    target_kind: 'report',
    target_ref: `file://${reports ?? '/nowhere'}/${route_code}.jsonl`,
    enabled: true,
    worker: WORKER,
    description: 'a route of a test',
    ...more,
  });
  const routes = [route('law.all', '*'), route('law.openings', 'opened')];
  if (reports) {
    await openGate(client, 'iu_core.delivery_enabled');
    await call(
      client,
      "select public.fn_iu_delivery_target_set('report', true, 'a test', 'contract passed')",
    );
    await call(
      client,
      "select public.fn_dot_config_set('iu_core.delivery_live_routes', 'law.report', 'a test', 'to test it')",
    );
    await call(client, "select public.fn_iu_fence_set($1, $2, 'a test', 'to test it')", [
      FENCE.IU_DEPLOYMENT_ID,
      FENCE.IU_FENCE_TOKEN,
    ]);
    routes.push(route('law.report', 'held', { dry_run: false }));
  }
  await call(client, "select public.fn_iu_route_set($1, 'a test')", [JSON.stringify(routes)]);
}

/** Writes one event of a hearing. */
export const emit = (client: pg.Client, type = 'opened', subject = 'x') =>
  value<{ status: string; event_id: number; event_uid: string }>(
    client,
    "select public.fn_iu_emit_event('hearing', $1, 'public.hearing', $2, 'a test') as answer",
    [type, subject],
  );

/** What the database says of the events of hearings and their deliveries. */
export interface Tally {
  events: number;
  deliveries: number;
  /** Pairs of event and route without a delivery. */
  lost: number;
  /** Deliveries that no event asks for. */
  orphans: number;
  /** Pairs with more than one dry-run attempt. */
  twice: number;
  conflicts: number;
  dead_letters: number;
  /** Steps of the cursor that go backwards, or leave one out. */
  cursor_breaks: number;
}

export const tally = async (client: pg.Client): Promise<Tally> => {
  const { rows } = await client.query(
    `with wanted as (
       select e.id as event_id, r.route_code
         from public.event_outbox e
         join public.iu_outbound_route r
           on r.worker = $1 and r.enabled and r.event_type in ('*', e.event_type)
        where e.event_domain = 'hearing')
     select (select count(*) from public.event_outbox where event_domain = 'hearing')::int as events,
            (select count(*) from public.iu_route_delivery where worker = $1)::int       as deliveries,
            (select count(*) from wanted w where not exists (
               select from public.iu_route_delivery d
                where d.event_id = w.event_id and d.route_code = w.route_code))::int     as lost,
            (select count(*) from public.iu_route_delivery d
              where d.worker = $1 and not exists (
               select from wanted w
                where d.event_id = w.event_id and d.route_code = w.route_code))::int     as orphans,
            (select count(*) from (
               select from public.iu_route_attempt a where a.status = 'dry_run'
                group by a.event_id, a.route_code having count(*) > 1) as x)::int        as twice,
            (select count(*) from public.iu_route_conflict)::int                         as conflicts,
            (select count(*) from public.iu_route_dead_letter)::int                      as dead_letters,
            (select count(*) from (
               select c.generation - lag(c.generation) over w as step,
                      c.id_bound - lag(c.id_bound) over w as raised,
                      pg_snapshot_xmax(c.snapshot) >= lag(pg_snapshot_xmax(c.snapshot)) over w as onward
                 from public.iu_route_worker_cursor c
                where c.worker = $1
               window w as (order by c.generation)) as s
              where s.step <> 1 or s.raised < 0 or not s.onward)::int                    as cursor_breaks`,
    [WORKER],
  );
  return rows[0] as Tally;
};

/** Nothing lost, nothing twice, no alarm, a cursor that only goes on. */
export const SOUND = { lost: 0, orphans: 0, twice: 0, conflicts: 0, dead_letters: 0, cursor_breaks: 0 };

/** Waits until so many events are written: on a busy machine that takes longer. */
export const untilEvents = (url: string, count: number): Promise<boolean> =>
  withConnection(url, (client) =>
    until(`${count} events`, async () => {
      const text = "select count(*)::int from public.event_outbox where event_domain = 'hearing'";
      return (await value<number>(client, text)) >= count;
    }),
  );

/** Waits until the worker has nothing left. */
export const untilIdle = (url: string): Promise<boolean> =>
  withConnection(url, (client) =>
    until('the worker to have nothing left', async () => {
      const { lost } = await tally(client);
      return lost === 0;
    }),
  );

export interface Running {
  process: ChildProcess;
  /** What it printed. */
  said(): string;
  /** The exit code, or the signal that killed it. */
  ended: Promise<number | string | null>;
  /** Sends a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** A real process, killed with the test at the latest. */
export function start(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, args, {
    cwd: REAL_PROJECT,
    env: { ...process.env, IU_TARGET: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      text += data;
    });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    said: () => text,
    ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** `iu worker watch`, perhaps before it watches. */
function beginWatch(url: string, args: string[] = [], env: Record<string, string> = {}): Running {
  const script = resolve(REAL_PROJECT, 'scripts/iu.ts');
  return start(
    [script, 'worker', 'watch', '--target', url, '--worker', WORKER, '--interval', '0.05', ...args],
    env,
  );
}

/** `iu worker watch`, once it watches. */
export async function startWatch(...given: Parameters<typeof beginWatch>): Promise<Running> {
  const watch = beginWatch(...given);
  await until('the worker to watch', async () => {
    if (watch.process.exitCode !== null) expect.unreachable(watch.said());
    return watch.said().includes('watching for');
  });
  return watch;
}

let producers = 0;

export function startProducer(url: string): Running {
  producers += 1;
  const file = resolve(import.meta.dirname, 'fixtures/producer.ts');
  return start([file], { DATABASE: url, PRODUCER: `producer ${process.pid} ${producers}` });
}

/** Commits what producers left prepared. */
export async function settlePrepared(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    'select quote_literal(gid) as gid from pg_prepared_xacts where database = current_database()',
  );
  for (const { gid } of rows) await client.query(`commit prepared ${gid}`);
}

/** A folder for reports, removed with the test. */
export function reportsFolder(): string {
  const reports = mkdtempSync(join(tmpdir(), 'iu-reports-'));
  onTestFinished(() => rmSync(reports, { recursive: true, force: true }));
  return reports;
}

/** `iu worker run`, as the original is configured. */
export const runWorker = (url: string, reports: string, env: Record<string, string> = FENCE) =>
  iu(['worker', 'run', '--worker', WORKER, '--reports', reports, '--target', url], undefined, env);

/** How many lines there are. */
export const lines = (reports: string): number => {
  const file = join(reports, 'law.report.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0;
};

/** A hearing is held, which law.report reports. */
export const hold = (url: string) => withConnection(url, (client) => emit(client, 'held'));

/** A copy is refused with all that its original is configured with, and nothing of it goes out. */
export async function refusesToRun(url: string, reports: string): Promise<void> {
  const before = lines(reports);
  await hold(url);
  const refused = await runWorker(url, reports);
  expect(refused.report).toMatchObject({ exit: 5, findings: [{ code: 'copy_refused' }] });
  expect(refused.report.findings[0]!.next).toContain('worker rebaseline --fresh');
  expect(lines(reports)).toBe(before);
  const health = await iu(['worker', 'health', '--worker', WORKER, '--target', url]);
  expect(health.report).toMatchObject({ exit: 1, verdict: 'not healthy' });
  expect(health.report.findings.map(({ code }) => code)).toContain('worker_copy_refused');
}

/** As the docs say for a copy: another fence first, then a fresh start; the original's configuration is refused. */
export async function startsAfresh(url: string, reports: string): Promise<void> {
  await withConnection(url, (client) =>
    client.query("select public.fn_iu_fence_set('the-copy', 'another-token-of-a-test', 'a test', 'a copy')"),
  );
  const baseline = ['worker', 'rebaseline', '--fresh', '--because', 'a copy', '--worker', WORKER];
  expect((await iu([...baseline, '--target', url])).report).toMatchObject({
    exit: 0,
    verdict: 'rebaselined',
  });
  const before = lines(reports);
  await hold(url);
  const ran = await runWorker(url, reports);
  expect(ran.report).toMatchObject({ exit: 5, findings: [{ code: expect.stringContaining('fence') }] });
  expect(lines(reports)).toBe(before);
  expect(JSON.stringify(ran)).not.toContain(FENCE.IU_FENCE_TOKEN);
}
