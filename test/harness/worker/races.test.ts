import { describe, expect, it } from 'vitest';
import { connect, withConnection } from '../../../scripts/postgres/index.ts';
import { schemaDatabase, session } from '../schema/support.ts';
import { type Database, freshDatabase, servers, until } from '../support/index.ts';
import {
  emit,
  SOUND,
  settlePrepared,
  setUp,
  startProducer,
  startWatch,
  tally,
  untilEvents,
  untilIdle,
  WORKER,
} from './support.ts';

async function routed(server: (typeof servers)[number]): Promise<Database> {
  const database = await schemaDatabase(server);
  await withConnection(database.url, (client) => setUp(client));
  return database;
}

describe.each(servers)('workers on $name', (server) => {
  it('four race, beside producers that sleep, roll back, use savepoints and prepared transactions', async () => {
    const { url } = await routed(server);
    const workers = await Promise.all(Array.from({ length: 4 }, () => startWatch(url)));
    const producers = [startProducer(url), startProducer(url), startProducer(url)];
    await untilEvents(url, 600);
    for (const producer of producers) expect(await producer.end('SIGTERM'), producer.said()).toBe(0);
    await withConnection(url, settlePrepared);
    await untilIdle(url);
    const ends = await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    expect(ends, workers.map((worker) => worker.said()).join('\n')).toEqual([0, 0, 0, 0]);
    await withConnection(url, async (client) => {
      const found = await tally(client);
      expect(found).toMatchObject(SOUND);
      expect(found.events).toBeGreaterThanOrEqual(600);
    });
    // Each has taken its turn at the truth, and none has failed.
    for (const worker of workers) expect(worker.said()).not.toMatch(/✗|failed|error/);
  }, 120_000);

  it('an idle writer, prepared or in another database too, delays nothing but its own events', async () => {
    const database = await routed(server);
    const other = await freshDatabase(server);
    const elsewhere = await connect(other.url);
    await elsewhere.query('begin; create table law (n int)');
    const client = await session(database);
    const idle = await session(database);
    await idle.query('begin');
    await emit(idle, 'opened', 'idle');
    const preparing = await session(database);
    await preparing.query('begin');
    await emit(preparing, 'opened', 'prepared');
    await preparing.query("prepare transaction 'an idle writer'");

    const watch = await startWatch(database.url);
    const delivered = async () =>
      (
        await client.query(
          `select distinct e.subject_ref from public.event_outbox e
             join public.iu_route_delivery d on d.event_id = e.id and d.worker = $1 order by 1`,
          [WORKER],
        )
      ).rows.map(({ subject_ref }) => subject_ref);
    for (const subject of ['a', 'b', 'c']) {
      await emit(client, 'opened', subject);
      const started = performance.now();
      await until(`event ${subject} to be delivered`, async () => (await delivered()).includes(subject));
      expect(performance.now() - started).toBeLessThan(5000);
    }
    expect(await delivered()).toEqual(['a', 'b', 'c']);
    await idle.query('commit');
    await until('the idle one', async () => (await delivered()).includes('idle'));
    await client.query("commit prepared 'an idle writer'");
    await until('the prepared one', async () => (await delivered()).includes('prepared'));
    await elsewhere.query('rollback');
    await elsewhere.end();
    expect(await watch.end('SIGTERM')).toBe(0);
    expect(await tally(client)).toMatchObject({ ...SOUND, events: 5 });
  }, 120_000);
});
