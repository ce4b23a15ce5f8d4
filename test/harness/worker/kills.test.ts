import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { applyRuntime } from '../schema/support.ts';
import { iu, servers } from '../support/index.ts';
import { type Killable, killable } from '../support/killable.ts';
import {
  FENCE,
  hold,
  lines,
  type Running,
  reportsFolder,
  runWorker,
  SOUND,
  settlePrepared,
  setUp,
  startProducer,
  startsAfresh,
  startWatch,
  tally,
  untilIdle,
} from './support.ts';

/** The keys of the lines that are whole, and how many lines are not. */
function reported(file: string): { keys: Set<string>; torn: number } {
  const keys = new Set<string>();
  let torn = 0;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    try {
      keys.add(JSON.parse(line).idempotency_key);
    } catch {
      torn += 1;
    }
  }
  return { keys, torn };
}

describe('a server of its own', () => {
  let base: Killable;
  const cleanups: Array<() => Promise<void>> = [];
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup();
  });
  // Prepared once and stopped: each test takes a copy of its files.
  beforeAll(async () => {
    base = await killable((cleanup) => void cleanups.push(cleanup));
    expect((await iu(['migrate', '--target', base.url])).report.findings).toEqual([]);
    await applyRuntime(base.url);
    await withConnection(base.url, (client) => setUp(client, { reports: '/nowhere' }));
    await base.stop();
  }, 120_000);

  /** A running copy whose route law.report writes into a folder of the test's own. */
  async function started(): Promise<{ server: Killable; url: string; reports: string }> {
    const server = await base.copy(onTestFinished);
    const reports = reportsFolder();
    await withConnection(server.url, (client) => setUp(client, { reports }));
    return { server, url: server.url, reports };
  }

  it('killed ten times under load, and ten times a worker: nothing is lost, nothing is delivered twice', async () => {
    const { server, url, reports } = await started();
    const producers = [startProducer(url), startProducer(url)];
    const begin = () => startWatch(url, ['--reports', reports], FENCE);
    const workers: Running[] = await Promise.all([begin(), begin(), startWatch(url)]);
    for (let round = 0; round < 10; round += 1) {
      await sleep(100 + Math.random() * 300);
      expect(await workers[round % 2]!.end('SIGKILL')).toBe('SIGKILL');
      await sleep(Math.random() * 100);
      await server.kill();
      await server.start();
      // Connected before the next kill: one that finds no server when it begins says so and ends.
      workers[round % 2] = await begin();
    }
    for (const producer of producers) expect(await producer.end('SIGTERM'), producer.said()).toBe(0);
    await withConnection(url, settlePrepared);
    await untilIdle(url);
    const ends = await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    expect(ends.at(-1), workers.at(-1)!.said()).toBe(0);
    expect(
      workers
        .at(-1)!
        .said()
        .match(/connected again after/g),
    ).toHaveLength(10);

    const { keys, torn } = reported(join(reports, 'law.report.jsonl'));
    await withConnection(url, async (client) => {
      const found = await tally(client);
      expect(found).toMatchObject(SOUND);
      expect(found.events).toBeGreaterThan(500);
      const { rows } = await client.query(
        `select a.idempotency_key, a.status from public.iu_route_attempt a
          where a.route_code = 'law.report' order by 1`,
      );
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['sent']));
      expect(rows.filter(({ idempotency_key }) => !keys.has(idempotency_key))).toEqual([]);
      // What is not recorded as sent is still there to be sent: a killed worker's claim has to run out first.
      const { rows: left } = await client.query(
        `select count(*) filter (where not exists (
                  select from public.iu_route_attempt a
                   where a.event_id = d.event_id and a.route_code = d.route_code))::int as unsent,
                (select count(*) from public.iu_route_pending)::int as pending
           from public.iu_route_delivery d where d.route_code = 'law.report'`,
      );
      expect(left[0].unsent).toBe(left[0].pending);
    });
    expect(torn).toBeLessThanOrEqual(10);
  }, 120_000);

  it('copied while it was down carries every stamp, and does not deliver live', async () => {
    const { server, url, reports } = await started();
    await hold(url);
    expect((await runWorker(url, reports)).report).toMatchObject({
      exit: 0,
      items: [{ delivered: { sent: 1 } }],
    });
    await server.stop();
    const copy = await server.copy(onTestFinished);
    // It has the same names, so it runs; without the fence, or with one that was changed first, nothing goes out.
    await hold(copy.url);
    const bare = await runWorker(copy.url, reports, {});
    expect(bare.report).toMatchObject({ exit: 0, items: [{ status: 'ran', delivered: null }] });
    await startsAfresh(copy.url, reports);
    expect(lines(reports)).toBe(1);
  });
});

// The packaged server comes without pg_basebackup.
const with15 = servers.filter(({ name }) => name === 'PostgreSQL 15');

describe.each(with15)('a running server of $name', (kind) => {
  it('copied by pg_basebackup carries every stamp, and does not deliver live', async () => {
    const server = await killable(onTestFinished, kind.target.split(':')[1]!);
    expect((await iu(['migrate', '--target', server.url])).report.findings).toEqual([]);
    await applyRuntime(server.url);
    const reports = reportsFolder();
    await withConnection(server.url, (client) => setUp(client, { reports }));
    await hold(server.url);
    expect((await runWorker(server.url, reports)).report).toMatchObject({
      exit: 0,
      items: [{ delivered: { sent: 1 } }],
    });
    const copy = await server.backup(onTestFinished);
    await hold(copy.url);
    const bare = await runWorker(copy.url, reports, {});
    expect(bare.report).toMatchObject({ exit: 0, items: [{ status: 'ran', delivered: null }] });
    await startsAfresh(copy.url, reports);
    expect(lines(reports)).toBe(1);
    // The original goes on.
    await hold(server.url);
    expect((await runWorker(server.url, reports)).report.exit).toBe(0);
    expect(lines(reports)).toBe(2);
  });
});
