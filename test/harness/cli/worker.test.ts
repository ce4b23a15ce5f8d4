import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { builtKinds, createRegistry, createReportTarget, KINDS } from '../../../scripts/targets/index.ts';
import { parseExactly } from '../../../scripts/worker/index.ts';
import { schemaDatabase, session, sharedDatabase, value } from '../schema/support.ts';
import { freshDatabase, iu, login, oneServer, startIu, until } from '../support/index.ts';
import {
  emit,
  FENCE,
  hold,
  lines,
  reportsFolder,
  runWorker,
  setUp,
  startWatch,
  tally,
  WORKER,
} from '../worker/support.ts';

const NO_FENCE = { IU_DEPLOYMENT_ID: '', IU_FENCE_TOKEN: '', IU_REPORT_DIR: '' };
const worker = (url: string, args: string[], env: Record<string, string> = NO_FENCE) =>
  iu(['worker', ...args, '--worker', WORKER, '--target', url], undefined, env);

const closing = (key: string) => `select public.fn_iu_gate_close('${key}', 'a test', 'to test it')`;

describe.each(oneServer)('iu worker on $name', (server) => {
  const shared = sharedDatabase(server, (client) => setUp(client));

  async function routed(reports?: string) {
    const database = await schemaDatabase(server);
    await withConnection(database.url, (client) => setUp(client, reports ? { reports } : {}));
    return database;
  }

  it('run: routes a page, says how much, and has nothing to do the next time', async () => {
    const { url } = await routed();
    await withConnection(url, async (client) => {
      for (let n = 0; n < 3; n += 1) await emit(client);
    });
    const first = await worker(url, ['run', '--limit', '2']);
    expect(first.report).toMatchObject({
      exit: 0,
      verdict: 'ran',
      items: [{ seen: 2, more: true, delivered: null }],
    });
    expect(first.stderr).toMatch(/generation 1: 2 events → .* there is more/);
    await worker(url, ['run']);
    const idle = await worker(url, ['run']);
    expect(idle.report).toMatchObject({ exit: 0, verdict: 'idle', findings: [] });
    await withConnection(url, async (client) =>
      expect(await tally(client)).toMatchObject({ lost: 0, events: 3 }),
    );
  });

  it('run: behind closed gates it moves nothing, and says which to open', async () => {
    const database = await routed();
    const client = await session(database);
    for (const [key, code] of [
      ['iu_core.route_worker_enabled', 'worker_gate_closed'],
      ['iu_core.routes_master_enabled', 'master_gate_closed'],
    ] as const) {
      await emit(client);
      await client.query(closing(key));
      const { report } = await worker(database.url, ['run']);
      expect(report).toMatchObject({ exit: 5, verdict: 'refused', findings: [{ code }] });
      expect(report.findings[0]!.next).toBe(`npm run iu -- gate open ${key} --because "…"`);
    }
    expect(await value(client, 'select count(*)::int from public.iu_route_worker_cursor')).toBe(0);
  });

  it('run: an inert worker, one that nobody knows, a database without the worker', async () => {
    const database = await routed();
    const client = await session(database);
    await client.query("select public.fn_iu_route_worker_disable($1, 'a test', 'to test it')", [WORKER]);
    const empty = await freshDatabase(server);
    const [inert, unknown, bare] = await Promise.all([
      worker(database.url, ['run']),
      iu(['worker', 'run', '--worker', 'nobody', '--target', database.url]),
      worker(empty.url, ['run']),
    ]);
    expect(inert.report).toMatchObject({ exit: 5, findings: [{ code: 'inert' }] });
    expect(unknown.report).toMatchObject({
      exit: 1,
      findings: [{ code: expect.stringContaining('worker') }],
    });
    expect(bare.report).toMatchObject({
      exit: 3,
      findings: [{ code: 'not_installed' }],
    });
  });

  it('run: delivers a report with the fence and a folder, and never says the token', async () => {
    const reports = reportsFolder();
    const { url } = await routed(reports);
    await hold(url);
    const ran = await runWorker(url, reports);
    expect(ran.report).toMatchObject({
      exit: 0,
      items: [{ delivered: { claimed: 1, sent: 1, not_sent: 0, withheld: 0, problem: null } }],
    });
    const line = JSON.parse(readFileSync(join(reports, 'law.report.jsonl'), 'utf8'));
    await withConnection(url, async (client) => {
      const { rows } = await client.query(
        "select event_uid, idempotency_key, status from public.iu_route_attempt where route_code = 'law.report'",
      );
      expect(rows).toEqual([
        { event_uid: line.event_uid, idempotency_key: line.idempotency_key, status: 'sent' },
      ]);
    });
    expect(ran.stdout + ran.stderr).not.toContain(FENCE.IU_FENCE_TOKEN);
  });

  it('run: without the fence nothing goes out; with another one it is refused', async () => {
    const reports = reportsFolder();
    const { url } = await routed(reports);
    await hold(url);
    const without = await runWorker(url, reports, NO_FENCE);
    expect(without.report).toMatchObject({ exit: 0, items: [{ delivered: null }] });
    const token = 'another-token-of-a-test';
    const other = await runWorker(url, reports, { ...FENCE, IU_FENCE_TOKEN: token });
    expect(other.report).toMatchObject({ exit: 5, verdict: 'refused' });
    expect(other.stdout + other.stderr).not.toContain(token);
    expect(lines(reports)).toBe(0);
    expect((await runWorker(url, reports)).report).toMatchObject({
      exit: 0,
      items: [{ delivered: { sent: 1 } }],
    });
  });

  it('run: with a closed delivery gate it routes and delivers nothing, which is no fault', async () => {
    const reports = reportsFolder();
    const { url } = await routed(reports);
    await hold(url);
    await withConnection(url, (client) => client.query(closing('iu_core.delivery_enabled')));
    const ran = await runWorker(url, reports);
    expect(ran.report).toMatchObject({ exit: 0, verdict: 'ran', items: [{ delivered: null }] });
    expect(ran.stderr).toContain('delivering nothing: IU010');
    expect(lines(reports)).toBe(0);
  });

  it('run: what cannot be written has failed, is tried again by the policy of its route, and is said', async () => {
    const reports = reportsFolder();
    mkdirSync(join(reports, 'law.report.jsonl'));
    const { url } = await routed(reports);
    await hold(url);
    const ran = await runWorker(url, reports);
    expect(ran.report).toMatchObject({
      exit: 1,
      items: [{ delivered: { sent: 0, not_sent: 1, dead_lettered: 0 } }],
      findings: [{ code: 'not_sent', object: 'law.report', next: 'name a file in it' }],
    });
    await withConnection(url, async (client) => {
      const { rows } = await client.query(
        `select a.status, a.detail ->> 'errno' as errno, p.tries, p.due_at > now() as later
           from public.iu_route_attempt a join public.iu_route_pending p using (event_id, route_code)`,
      );
      expect(rows).toEqual([{ status: 'failed', errno: 'EISDIR', tries: 1, later: true }]);
    });
  });

  it('replay and resolve settle dead letters, and say when they do not', async () => {
    const reports = reportsFolder();
    const { url } = await routed(reports);
    await withConnection(url, (client) =>
      client.query(`select public.fn_iu_route_set($1, 'a test')`, [
        JSON.stringify([
          {
            route_code: 'law.report',
            retry_policy: { max_attempts: 1, base_seconds: 1, factor: 1, max_seconds: 1 },
          },
        ]),
      ]),
    );
    mkdirSync(join(reports, 'law.report.jsonl'));
    await hold(url);
    await hold(url);
    expect((await runWorker(url, reports)).report.items).toMatchObject([{ delivered: { dead_lettered: 2 } }]);
    const letters = await withConnection(
      url,
      async (client) =>
        (await client.query<{ id: string }>('select id from public.iu_route_dead_letter order by event_id'))
          .rows,
    );
    const health = await worker(url, ['health']);
    expect(health.report).toMatchObject({ exit: 1, findings: [{ code: 'worker_dead_letters' }] });
    const [first, second] = letters.map(({ id }) => id);
    const because = ['--because', 'mended'];
    const replayed = await worker(url, ['replay', first!, ...because], FENCE);
    expect(replayed.report).toMatchObject({ exit: 0, verdict: 'requeued', items: [{ id: first }] });
    const fenceless = await worker(url, ['replay', second!, ...because]);
    expect(fenceless.report).toMatchObject({
      exit: 5,
      findings: [{ code: 'replay_refused', object: second }],
    });
    expect((await worker(url, ['resolve', second!, ...because])).report).toMatchObject({
      exit: 0,
      verdict: 'resolved',
    });
    expect((await worker(url, ['resolve', second!, ...because])).report.verdict).toBe('already resolved');
    const nobody = await worker(url, ['resolve', '019abcde-0000-7000-8000-000000000001', ...because]);
    expect(nobody.report).toMatchObject({
      exit: 1,
      findings: [{ next: expect.stringContaining('dead_letter_open') }],
    });
  });

  it('health: well is exit 0; each reason is a finding with what mends it', async () => {
    const { url } = await routed();
    await hold(url);
    await worker(url, ['run']);
    expect((await worker(url, ['health'])).report).toMatchObject({
      exit: 0,
      verdict: 'healthy',
      findings: [],
    });
    await withConnection(url, (client) => client.query(closing('iu_core.route_worker_enabled')));
    const { report } = await worker(url, ['health']);
    expect(report).toMatchObject({
      exit: 1,
      verdict: 'not healthy',
      findings: [
        { code: 'worker_worker_gate_closed', object: WORKER, next: expect.stringContaining('gate open') },
      ],
    });
  });

  it('metrics: Prometheus text and nothing else on standard output', async () => {
    const { url } = shared();
    const run = await startIu(['worker', 'metrics', '--worker', WORKER, '--target', url]);
    expect(run.exitCode).toBe(0);
    const text = run.stdout;
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) iu_worker_[a-z_]+ .+|iu_worker_[a-z_]+\{worker="law_worker".*\} -?\d[\d.e+]*)$/,
      );
    }
    expect(text).toContain('iu_worker_reason{worker="law_worker",reason="never_ran"} 1');
    expect(text).toContain('iu_worker_master_gate_open{worker="law_worker"} 1');
    expect(run.stderr).toContain('worker: printed (exit 0');
  });

  it('knows the kinds of target that the database knows, and builds those that it may call built', async () => {
    const client = await session(shared());
    const { rows } = await client.query(
      `select array_agg(kind order by kind) as kinds,
              array_agg(kind order by kind) filter (where buildable) as buildable
         from public.iu_delivery_target_kind`,
    );
    expect(rows[0].kinds).toEqual([...KINDS].sort());
    // sql_function is built inside the database.
    const here = builtKinds(createRegistry([createReportTarget({ root: '/' })]));
    expect(rows[0].buildable).toEqual([...here, 'sql_function'].sort());
  });

  it('rebaseline: says where it goes on', async () => {
    const { url } = await routed();
    const fresh = await worker(url, ['rebaseline', '--fresh', '--because', 'begin here']);
    expect(fresh.report).toMatchObject({ exit: 0, verdict: 'rebaselined', items: [{ mode: 'fresh' }] });
    const again = await worker(url, ['rebaseline', '--continue', '--because', 'moved']);
    expect(again.report).toMatchObject({ exit: 0, items: [{ mode: 'continue' }] });
  });

  it('takes the right that each action needs, and names the grant', async () => {
    const database = shared();
    const { url, name } = await login(server, database, '');
    const because = ['--because', 'x'];
    const id = '019abcde-0000-7000-8000-000000000001';
    const actions = [
      [['run'], 'iu_worker'],
      [['health'], 'context_pack_readonly'],
      [['resolve', id, ...because], 'iu_operator'],
      [['rebaseline', '--fresh', ...because], 'iu_operator'],
    ] as const;
    const runs = actions.map(async ([args, role]) => ({ role, ...(await worker(url, [...args])) }));
    for (const { role, report } of await Promise.all(runs)) {
      expect(report).toMatchObject({ exit: 5, findings: [{ code: 'not_granted' }] });
      expect(report.findings[0]!.next).toBe(`have a DBA run: grant ${role} to "${name}"`);
    }
  });

  it('reads the fence from a file, unless everybody may read that too', async () => {
    const folder = reportsFolder();
    const { url } = await routed(folder);
    const file = join(folder, 'fence');
    writeFileSync(
      file,
      `IU_DEPLOYMENT_ID=${FENCE.IU_DEPLOYMENT_ID}\nIU_FENCE_TOKEN=${FENCE.IU_FENCE_TOKEN}\n`,
    );
    chmodSync(file, 0o644);
    const args = ['run', '--reports', folder, '--fence-file', file];
    const open = await worker(url, args);
    expect(open.report).toMatchObject({ exit: 2, findings: [{ code: 'fence_file_open', file }] });
    expect(open.stdout + open.stderr).not.toContain(FENCE.IU_FENCE_TOKEN);
    chmodSync(file, 0o640);
    await hold(url);
    expect((await worker(url, args)).report).toMatchObject({ exit: 0, items: [{ delivered: { sent: 1 } }] });
  });

  it('watch: waits behind a closed gate and says so once, then works, and ends cleanly on SIGTERM', async () => {
    const database = await routed();
    const client = await session(database);
    await emit(client);
    await client.query(closing('iu_core.route_worker_enabled'));
    const watch = await startWatch(database.url);
    await until('it to say that it waits', async () => watch.said().includes('the worker gate'));
    await client.query(
      "select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'a test', 'to test it', null)",
    );
    await until('the event to be routed', async () => (await tally(client)).lost === 0);
    await until('it to say so', async () => watch.said().includes('→ 2 deliveries'));
    expect(await watch.end('SIGTERM')).toBe(0);
    expect(watch.said().match(/waiting: /g)).toHaveLength(1);
    expect(watch.said()).toContain('SIGTERM: stopping after what is under way');
    expect(watch.said()).toMatch(/worker: stopped \(exit 0/);
  });

  it('watch: wakes when another run notifies, long before its interval is over', async () => {
    const reports = reportsFolder();
    const { url } = await routed(reports);
    const watch = await startWatch(url, ['--interval', '600', '--reports', reports], FENCE);
    // Its pauses have to have grown, or it would find the event by itself.
    await until('it to sleep', async () => {
      const { rows } = await withConnection(url, (client) =>
        client.query(
          `select from pg_stat_activity where application_name = 'iu worker watch'
              and state = 'idle' and state_change < clock_timestamp() - interval '2 s'`,
        ),
      );
      return rows.length > 0;
    });
    await hold(url);
    await withConnection(url, (client) => client.query('select public.fn_iu_route_worker_run($1)', [WORKER]));
    await until('the report to be delivered', async () => lines(reports) === 1);
    expect(await watch.end('SIGINT')).toBe(0);
  });
});

describe('iu worker', () => {
  const shared = sharedDatabase(oneServer[0]!, (client) => setUp(client));

  const CASES: Array<[string, string[], Record<string, string>, string]> = [
    ['no id', ['replay', '--because', 'x'], NO_FENCE, 'usage'],
    ['half an id', ['replay', '42', '--because', 'x'], NO_FENCE, 'usage'],
    ['no reason', ['resolve', '019abcde-0000-7000-8000-000000000001'], NO_FENCE, 'usage'],
    ['no mode', ['rebaseline', '--because', 'x'], NO_FENCE, 'usage'],
    ['two modes', ['rebaseline', '--continue', '--fresh', '--because', 'x'], NO_FENCE, 'usage'],
    ['an interval of no time', ['watch', '--interval', '0'], NO_FENCE, 'usage'],
    ['a limit of nothing', ['run', '--limit', '0'], NO_FENCE, 'invalid_argument'],
    ['half a fence', ['run'], { ...NO_FENCE, IU_DEPLOYMENT_ID: 'law' }, 'fence_incomplete'],
    ['a fence file that is not there', ['run', '--fence-file', '/nowhere/fence'], NO_FENCE, 'fence_file'],
  ];
  let runs: Promise<Awaited<ReturnType<typeof worker>>[]>;
  // All at once: they touch nothing.
  beforeAll(() => {
    runs = Promise.all(CASES.map(([, args, env]) => worker(shared().url, args, env)));
  });

  it.each(CASES)('is a usage error: %s', async (name, _args, _env, code) => {
    const { report } = (await runs)[CASES.findIndex(([other]) => other === name)]!;
    expect(report).toMatchObject({ exit: 2, findings: [{ code, next: expect.any(String) }] });
  });
});

describe('a payload', () => {
  it('keeps the digits that JavaScript has no number for', () => {
    const text = '{"id":12345678901234567890,"price":1.10,"big":1e400,"list":[0.1,-0,2]}';
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });
});
