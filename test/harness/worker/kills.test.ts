import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { applyRuntime } from '../schema/support.ts';
import { iu } from '../support/index.ts';
import { killable } from './cluster.ts';
import {
  FENCE,
  type Running,
  SOUND,
  settlePrepared,
  setUp,
  startProducer,
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

describe('kill -9 under load', () => {
  it('of a worker and of the server, ten times each: nothing is lost, nothing is delivered twice', async () => {
    const reports = mkdtempSync(join(tmpdir(), 'iu-reports-'));
    onTestFinished(() => rmSync(reports, { recursive: true, force: true }));
    const server = await killable();
    const { url } = server;
    expect((await iu(['migrate', '--target', url])).report.findings).toEqual([]);
    await applyRuntime(url);
    await withConnection(url, (client) => setUp(client, { reports }));

    const producers = [startProducer(url), startProducer(url)];
    const begin = () => startWatch(url, ['--reports', reports], FENCE);
    const workers: Running[] = [await begin(), await begin()];
    for (let round = 0; round < 10; round += 1) {
      await sleep(Math.random() * 400);
      expect(await workers[round % 2]!.end('SIGKILL')).toBe('SIGKILL');
      await sleep(Math.random() * 100);
      await server.kill();
      await server.start();
      workers[round % 2] = await begin();
    }
    for (const producer of producers) expect(await producer.end('SIGTERM'), producer.said()).toBe(0);
    await withConnection(url, settlePrepared);
    await untilIdle(url);
    for (const worker of workers) expect(await worker.end('SIGTERM'), worker.said()).toBe(0);

    const { keys, torn } = reported(join(reports, 'law.report.jsonl'));
    await withConnection(url, async (client) => {
      const found = await tally(client);
      expect(found).toMatchObject(SOUND);
      expect(found.events).toBeGreaterThan(500);
      // Whoever survives ten restarts has said ten times that it is connected again, or was begun anew.
      expect(workers.map((worker) => /connected again after/.test(worker.said()))).toContain(true);
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
});
