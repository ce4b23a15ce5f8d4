import type pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  connect,
  createDatabase,
  dropDatabase,
  uniqueName,
  withConnection,
  withDatabase,
} from '../../../scripts/postgres/index.ts';
import { servers, until } from '../support/index.ts';
import {
  cursor,
  drain,
  emit,
  emitMany,
  ROUTES,
  routed,
  routedEvents,
  run,
  unsound,
  untilBoundAbove,
} from './route-worker.support.ts';
import { outcome, refusal, rows, session, started, untilBlocked, value } from './support.ts';

/** A session in a transaction that has an xid and does nothing. */
async function idleWriter(url: string): Promise<pg.Client> {
  const client = await connect(url);
  onTestFinished(() => client.end());
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return client;
}

describe.each(servers)('the window of the route worker on $name', (server) => {
  it('an event that is committed late is found, and delays nobody meanwhile', async () => {
    const { database, admin } = await routed(server);
    const slow = await session(database);
    await slow.query('begin');
    await emit(slow, 'slow');
    await emit(admin, 'fast');
    expect(await run(admin)).toMatchObject({ status: 'ran', seen: 1, deliveries: 3 });
    expect(await routedEvents(admin)).toEqual(['fast']);
    expect(await run(admin)).toMatchObject({ status: 'idle' });
    await emit(admin, 'faster');
    expect(await run(admin)).toMatchObject({ seen: 1 });
    await slow.query('commit');
    expect(await run(admin)).toMatchObject({ seen: 1 });
    expect(await routedEvents(admin)).toEqual(['slow', 'fast', 'faster']);
    expect(await unsound(admin)).toEqual([]);
  });

  it('one that rolls back is never seen, nor is a savepoint that was rolled back', async () => {
    const { database, admin } = await routed(server);
    const other = await session(database);
    await other.query('begin');
    await emit(other, 'gone');
    await run(admin);
    await other.query('rollback');
    await other.query('begin');
    await emit(other, 'kept');
    await other.query('savepoint s');
    await emit(other, 'dropped');
    await run(admin);
    await other.query('rollback to savepoint s');
    await other.query('savepoint t');
    await emit(other, 'nested');
    await other.query('release savepoint t');
    await other.query('commit');
    expect(await drain(admin)).toBe(2);
    expect(await routedEvents(admin)).toEqual(['kept', 'nested']);
    expect(await unsound(admin)).toEqual([]);
  });

  it('a prepared transaction is in flight until it ends, whoever ends it', async () => {
    const { database, admin } = await routed(server);
    const other = await session(database);
    const name = uniqueName('prepared');
    await other.query('begin');
    await emit(other, 'prepared');
    await other.query(`prepare transaction '${name}'`);
    await emit(admin, 'meanwhile');
    expect(await drain(admin)).toBe(1);
    await admin.query(`commit prepared '${name}'`);
    expect(await drain(admin)).toBe(1);
    expect(await routedEvents(admin)).toEqual(['prepared', 'meanwhile']);
  });

  it('what the transaction of a run emits after it is not lost, with later transactions ended before', async () => {
    const { database, admin } = await routed(server);
    const other = await session(database);
    await admin.query('begin');
    await emit(admin, 'before');
    // A later xid that has ended: now a snapshot of admin takes admin's own xid for one that is visible.
    await emit(other, 'other');
    expect(await run(admin)).toMatchObject({ seen: 2 });
    await emit(admin, 'after');
    expect(await run(admin)).toMatchObject({ seen: 1 });
    await emit(admin, 'last');
    await admin.query('commit');
    expect(await drain(other)).toBe(1);
    expect(await routedEvents(other)).toEqual(['before', 'other', 'after', 'last']);
    expect(await unsound(other)).toEqual([]);
  });

  it('a run that rolls back leaves all to the next one', async () => {
    const { database, admin } = await routed(server);
    const other = await session(database);
    await emit(admin, 'a');
    await admin.query('begin');
    await emit(admin, 'never');
    expect(await run(admin)).toMatchObject({ seen: 2 });
    expect(await run(other)).toEqual({ status: 'busy' });
    await admin.query('rollback');
    expect(await run(other)).toMatchObject({ seen: 1, deliveries: 3 });
    expect(await routedEvents(other)).toEqual(['a']);
  });

  it('a window is handed out in pages, in which late commits of a later window do not appear', async () => {
    const { database, admin } = await routed(server);
    const other = await session(database);
    await other.query('begin');
    await emit(other, 'late');
    await emitMany(
      admin,
      Array.from({ length: 25 }, (_, n) => `e${n}`),
    );
    expect(await run(admin, 10)).toMatchObject({ seen: 10, more: true });
    await other.query('commit');
    expect(await run(admin, 10)).toMatchObject({ seen: 10, more: true });
    expect(await run(admin, 10)).toMatchObject({ seen: 5, more: true });
    expect(await run(admin, 10)).toMatchObject({ seen: 1, more: false });
    expect(await run(admin, 10)).toMatchObject({ status: 'idle' });
    expect(await unsound(admin)).toEqual([]);
  });

  it('the first run after an enable leaves a generation, later idle ones nothing', async () => {
    const { admin } = await routed(server);
    const before = await cursor(admin);
    expect(await run(admin)).toMatchObject({ status: 'idle', generation: Number(before.generation) });
    await admin.query(`select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'dba', 'no facts of the switch');
      select public.fn_iu_route_worker_disable('clerk', 'dba', 'test');
      select public.fn_iu_route_worker_enable('clerk', 'dba', 'test');
      select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'dba', 'test', null)`);
    expect((await run(admin)).status).toBe('ran');
    expect((await run(admin)).status).toBe('idle');
    expect(
      await value(admin, 'select xmax::text from public.iu_route_worker_cursor order by generation desc'),
    ).toBe('0');
  });

  it('another isolation is refused', async () => {
    const { admin } = await routed(server);
    await admin.query('begin isolation level repeatable read');
    expect(await outcome(admin, `select public.fn_iu_route_worker_run('clerk')`)).toBe('IU003');
  });
});

describe.each(servers)('the id bound of the route worker on $name', (server) => {
  const bound = async (client: pg.Client) => Number((await cursor(client)).id_bound);

  it('follows the events', async () => {
    const { admin } = await routed(server);
    const first = Number(await emit(admin, 'a'));
    await untilBoundAbove(admin, first);
    const newest = Number(await value(admin, 'select max(id) from public.event_outbox'));
    expect(await bound(admin)).toBeLessThanOrEqual(newest + 1);
  });

  it('is carried while a writer is idle, here or in another database, and delays no event of others', async () => {
    const { database, admin } = await routed(server);
    const elsewhere = uniqueName('elsewhere');
    await withConnection(server.url, (client) => createDatabase(client, elsewhere));
    for (const url of [database.url, withDatabase(server.url, elsewhere)]) {
      const idle = await idleWriter(url);
      const first = Number(await emit(admin, 'after the writer began'));
      await run(admin);
      for (let n = 0; n < 8; n++) {
        await emit(admin, `held ${n}`);
        expect(await run(admin)).toMatchObject({ seen: 1, deliveries: 3 });
        expect(await bound(admin)).toBeLessThanOrEqual(first);
      }
      await idle.query('commit');
      await untilBoundAbove(admin, first);
      await idle.end();
    }
    expect(await unsound(admin)).toEqual([]);
    await withConnection(server.url, (client) => dropDatabase(client, elsewhere));
  });

  it('does not pass a transaction whose xid is at or above xmax, which no snapshot lists', async () => {
    const { database, admin } = await routed(server);
    const slow = await session(database);
    const watcher = await session(database);
    // The moment: the slow one has its xid and an id, and nothing with a later xid has ended, so a snapshot says that
    // nothing is in flight. Other tests on the server may spoil it.
    const id = await until('a moment in which no other transaction ends', async () => {
      await emit(admin, 'earlier');
      await slow.query('begin');
      const slowId = Number(await emit(slow, 'slow'));
      expect((await run(admin)).status).toBe('ran');
      const [moment] = await rows<{ found: boolean }>(
        watcher,
        `select pg_snapshot_xmin(snapshot) = pg_snapshot_xmax(snapshot)
            and pg_snapshot_xmax(snapshot) <= $1::xid8 as found
           from public.iu_route_worker_cursor order by generation desc limit 1`,
        [await value(slow, 'select pg_current_xact_id()::text')],
      );
      if (moment!.found) return slowId;
      await slow.query('commit');
      return null;
    });
    for (let n = 0; n < 4; n++) {
      await emit(admin, `fast ${n}`);
      await run(admin);
      expect(await bound(admin)).toBeLessThanOrEqual(id);
    }
    await slow.query('commit');
    expect(await run(admin)).toMatchObject({ seen: 1 });
    expect(await unsound(admin)).toEqual([]);
  });

  it('lets partitions be retired that every registered worker has passed, and none before', async () => {
    const { admin } = await routed(server);
    await emit(admin, 'old');
    await admin.query(`select setval('public.event_outbox_id_seq', 1000000)`);
    await emit(admin, 'new');
    const retire = `select public.fn_iu_outbox_retire_partition(0, 'dba', 'statute')`;
    expect(await refusal(admin.query(retire))).toMatchObject({
      code: 'IU042',
      detail: { partition: 0, to_id: 999_999, workers: [{ worker: 'clerk' }], pending: 0 },
    });
    // Idle runs leave a generation where that lets a partition go.
    await run(admin);
    await until('an idle run to leave the partition behind', async () => {
      await run(admin);
      return (await bound(admin)) >= 1_000_000;
    });
    expect(await outcome(admin, retire)).toBe('written');
    // What a dry run would have sent goes with its event; that it was, and where to, stays.
    expect(
      await rows(
        admin,
        `select distinct event_uid, safe_payload, status, target_kind
           from public.iu_route_attempt where event_id < 1000000`,
      ),
    ).toEqual([{ event_uid: null, safe_payload: null, status: 'dry_run', target_kind: 'report' }]);
    expect((await run(admin)).status).toBe('ran');
  });

  it('keeps a run to the newest partitions: no other is looked at, and none read whole', async () => {
    const { admin } = await routed(server);
    await emit(admin, 'old');
    for (const start of [1_000_000, 2_000_000]) {
      await admin.query(`select setval('public.event_outbox_id_seq', ${start})`);
      await emit(admin, 'newer');
      await untilBoundAbove(admin, start);
    }
    // Planned as the function that asks plans it.
    await admin.query(`
      select set_config(split_part(c, '=', 1), split_part(c, '=', 2), false)
        from pg_proc p, unnest(p.proconfig) as c
       where p.oid = 'iu_core.fan_out'::regproc and c !~ '^search_path'`);
    await admin.query(`
      prepare page (bigint) as
      select * from iu_core.window_events(
        '100:100:', null, null, '900000:900000:', null, null, '0', -1, $1, 1000)`);
    const plan = (
      await rows<{ 'QUERY PLAN': string }>(admin, `explain (costs off) execute page (${await bound(admin)})`)
    ).map((row) => row['QUERY PLAN']);
    const scans = plan.filter((line) => /Scan/.test(line));
    expect(
      scans.filter(
        (line) =>
          !/Index Scan using event_outbox_p\d+_tx_ix|ProjectSet|Subquery Scan|Function Scan|Result|WorkTable/.test(
            line,
          ),
      ),
    ).toEqual([]);
    expect(scans.filter((line) => /window_events/.test(line))).toEqual([]);
    expect(plan.filter((line) => /Seq Scan/.test(line))).toEqual([]);
    expect(plan.filter((line) => /event_outbox_p[01]\b/.test(line))).toEqual([]);
    expect(plan.some((line) => /event_outbox_p2_tx_ix/.test(line))).toBe(true);
    const orders = plan.filter((line) => /Index Cond/.test(line));
    expect(orders.every((line) => /tx/.test(line))).toBe(true);
  });

  it('reads nothing of what was handled before, however much that is', async () => {
    const { admin } = await routed(server);
    await emitMany(
      admin,
      Array.from({ length: 10_000 }, (_, n) => `treaty ${n}`),
    );
    await drain(admin);
    // Its statements are planned, and the hint bits of what it wrote are set.
    await emit(admin, 'one more');
    await run(admin);
    expect((await run(admin)).status).toBe('idle');
    /** Blocks of the index that were looked at so far. */
    const blocks = async () => {
      await admin.query('select pg_stat_force_next_flush()');
      return value<number>(
        admin,
        `select (idx_blks_hit + idx_blks_read)::int from pg_statio_all_indexes
          where indexrelname = 'event_outbox_p0_tx_ix'`,
      );
    };
    const pages = `select (pg_relation_size('public.event_outbox_p0_tx_ix') / 8192)::int`;
    expect(await value<number>(admin, pages)).toBeGreaterThan(30);
    const before = await blocks();
    expect((await run(admin)).status).toBe('idle');
    const idle = (await blocks()) - before;
    expect(idle).toBeGreaterThan(0);
    expect(idle).toBeLessThan(10);
  });
});

/** How a transaction of a producer goes on after its first event, and ends. */
const PRODUCERS: Array<(client: pg.Client, admin: pg.Client, n: number) => Promise<unknown>> = [
  async (client, _, n) => client.query(n % 3 === 0 ? 'rollback' : 'commit'),
  async (client, _, n) => {
    await client.query('savepoint s');
    await emit(client, `saved ${n}`);
    await client.query(n % 2 ? 'rollback to savepoint s' : 'release savepoint s');
    await client.query('commit');
  },
  async (client, _, n) => {
    // Held in its transaction until the others are done.
    if (n === 3) await client.query('select pg_advisory_xact_lock(77)');
    await client.query('commit');
  },
  async (client, admin, n) => {
    const name = uniqueName('race');
    await client.query(`prepare transaction '${name}'`);
    await admin.query(n % 2 ? `rollback prepared '${name}'` : `commit prepared '${name}'`);
  },
];

describe.each(servers)('racing route workers on $name', (server) => {
  it.each([2, 8])(
    '%i of them beside producers of every kind lose nothing and route nothing twice',
    async (workers) => {
      const { database, admin } = await routed(server);
      let producing = PRODUCERS.length;
      const gate = await session(database);
      await gate.query('select pg_advisory_lock(77)');
      const producer = async (end: (typeof PRODUCERS)[number], kind: number) => {
        const client = await session(database);
        for (let n = 0; n < 25; n++) {
          await client.query('begin');
          await emit(client, `${kind}.${n}`);
          await end(client, admin, n);
        }
        producing -= 1;
        if (producing === 1) await gate.query('select pg_advisory_unlock(77)');
      };
      const worker = async (limit: number) => {
        const client = await session(database);
        const seen: string[] = [];
        while (producing > 0) {
          const answer = await run(client, limit);
          seen.push(answer.status);
        }
        return seen;
      };
      const [statuses] = await Promise.all([
        Promise.all(Array.from({ length: workers }, (_, n) => worker(n % 2 ? 3 : 500))),
        ...PRODUCERS.map(producer),
      ]);
      await drain(admin);
      expect(await unsound(admin)).toEqual([]);
      const [counts] = await rows(
        admin,
        `select (select count(*)::int from public.iu_route_delivery) as deliveries,
              (select count(*)::int * 3 from public.event_outbox where event_domain = 'treaty') as expected,
              (select count(*)::int from public.iu_route_conflict) as conflicts,
              (select count(*)::int from public.iu_route_dead_letter) as dead,
              (select sum(seen)::int from public.iu_route_worker_cursor)
                = (select count(*)::int from public.event_outbox) as seen_once`,
      );
      expect(counts).toEqual({
        deliveries: counts!.expected,
        expected: counts!.expected,
        conflicts: 0,
        dead: 0,
        seen_once: true,
      });
      expect(statuses.flat().filter((status) => !['ran', 'idle', 'busy'].includes(status))).toEqual([]);
    },
  );

  it('a close of the gate waits for a run in flight, and after it none moves', async () => {
    const { database, admin } = await routed(server);
    const operator = await session(database);
    await emit(admin, 'a');
    await admin.query('begin');
    await run(admin);
    const closing = started(
      operator.query(`select public.fn_iu_gate_close('iu_core.route_worker_enabled', 'dba', 'stop')`),
    );
    await untilBlocked(database, operator);
    await admin.query('commit');
    await closing;
    expect(await run(admin)).toEqual({ status: 'worker_gate_closed' });
  });

  it('a disable waits for a run in flight, too', async () => {
    const { database, admin } = await routed(server);
    const operator = await session(database);
    await emit(admin, 'a');
    await admin.query('begin');
    await run(admin);
    const disabling = started(
      operator.query(`select public.fn_iu_route_worker_disable('clerk', 'dba', 'stop')`),
    );
    await untilBlocked(database, operator);
    await admin.query('commit');
    await disabling;
    expect(await run(admin)).toEqual({ status: 'inert' });
  });

  it('two dispatchers never hold the same delivery, and the slower one cannot record it', async () => {
    const { database, admin } = await routed(server);
    await admin.query(`select public.fn_iu_delivery_target_set('report', true, 'dba', 'built');
      select public.fn_dot_config_set('iu_core.delivery_live_routes', 'treaty.a', 'dba', 'live');
      select public.fn_iu_fence_set('here', 'sixteen characters', 'dba', 'this is it');
      select public.fn_iu_gate_open('iu_core.delivery_enabled', null, 'dba', 'live', null);
      select public.fn_iu_route_set('[{"route_code": "treaty.a", "dry_run": false}]', 'dba')`);
    await emitMany(
      admin,
      Array.from({ length: 40 }, (_, n) => `e${n}`),
    );
    await drain(admin);
    const claim = 'select * from public.fn_iu_route_claim_pending($1, 20, $2, $3)';
    const dispatchers = await Promise.all([1, 2, 3].map(() => session(database, 'iu_worker')));
    const claimed = await Promise.all(
      dispatchers.map((client) =>
        rows<{ event_id: string }>(client, claim, ['clerk', 'here:sixteen characters', 60]),
      ),
    );
    const ids = claimed.flat().map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(40);
    await admin.query(
      `select public.fn_iu_route_set('[{"route_code": "treaty.a", "dry_run": false}]', 'dba')`,
    );
    const record = `select public.fn_iu_route_record_attempt($1, 'treaty.a', 'sent', null, null, $2, 'here:sixteen characters')`;
    expect(await outcome(dispatchers[0]!, record, [ids[0], '00000000-0000-7000-8000-000000000000'])).toBe(
      'IU052',
    );
  });
});

describe.each(servers)('what goes wrong with the route worker on $name', (server) => {
  /** Refuses dry runs of events whose subject is among these. */
  const poison = (client: pg.Client, subjects: string[]) =>
    client.query(`
      create or replace function public.poison() returns trigger language plpgsql as $$
        begin
          if new.dry_run and exists (select from public.event_outbox e where e.id = new.event_id
                        and e.subject_ref = any ('{${subjects.join(',')}}')) and new.route_code = 'treaty.b' then
            raise exception 'poison' using errcode = '22000';
          end if;
          return new;
        end $$;
      create or replace trigger poison before insert on public.iu_route_delivery
        for each row execute function public.poison()`);

  it.each([[['e0']], [['e99']], [['e49', 'e50']], [['e3', 'e33', 'e66', 'e97']]])(
    'poison events %j of a page are found, and only their own deliveries die',
    async (subjects) => {
      const { admin } = await routed(server);
      await poison(admin, subjects);
      await emitMany(
        admin,
        Array.from({ length: 100 }, (_, n) => `e${n}`),
      );
      expect(await run(admin, 1000)).toMatchObject({
        seen: 100,
        deliveries: 300 - subjects.length,
        dead_lettered: subjects.length,
        more: false,
      });
      const dead = await rows<{ subject: string }>(
        admin,
        `select event_snapshot ->> 'subject_ref' as subject from public.v_iu_route_dead_letter_open
          where route_code = 'treaty.b' and failure = 'poison' order by event_id`,
      );
      expect(dead.map(({ subject }) => subject)).toEqual(subjects);
      expect(await value(admin, 'select count(*)::int from public.iu_route_delivery')).toBe(300);
      expect(await run(admin)).toMatchObject({ status: 'idle' });
    },
  );

  it('an event whose delivery and failed attempt are refused too is a dead letter all the same', async () => {
    const { admin } = await routed(server);
    await admin.query(`
      create function public.refuse() returns trigger language plpgsql as $$
        begin
          if new.route_code = 'treaty.b' then raise exception 'full' using errcode = '22000'; end if;
          return new;
        end $$;
      create trigger refuse before insert on public.iu_route_delivery for each row execute function public.refuse();
      create trigger refuse before insert on public.iu_route_attempt_made for each row execute function public.refuse()`);
    await emit(admin, 'e0');
    expect(await run(admin)).toMatchObject({ seen: 1, deliveries: 2, dead_lettered: 1 });
    expect(
      await rows(
        admin,
        'select route_code, attempt_no, failure, event_snapshot ->> $$subject_ref$$ as subject from public.v_iu_route_dead_letter_open',
      ),
    ).toEqual([{ route_code: 'treaty.b', attempt_no: null, failure: 'full', subject: 'e0' }]);
    expect(await run(admin)).toMatchObject({ status: 'idle' });
  });

  it('a dead letter is replayed without the outbox row', async () => {
    const { admin } = await routed(server);
    await poison(admin, ['e0']);
    await emit(admin, 'e0');
    await drain(admin);
    await admin.query('drop trigger poison on public.iu_route_delivery');
    await admin.query(`select setval('public.event_outbox_id_seq', 1000000)`);
    await emit(admin, 'later');
    await untilBoundAbove(admin, 1_000_000);
    await admin.query(`select public.fn_iu_outbox_retire_partition(0, 'dba', 'statute')`);
    const id = await value<string>(admin, 'select id from public.v_iu_route_dead_letter_open');
    expect(
      await value(admin, `select public.fn_iu_route_dead_letter_replay($1, 'dba', 'mended')`, [id]),
    ).toMatchObject({ status: 'dry_run', resolved: true });
    expect(await value(admin, 'select count(*)::int from public.v_iu_route_dead_letter_open')).toBe(0);
  });

  it('a replay reads as much behind 20,000 dead letters as behind 20', async () => {
    const { admin } = await routed(server);
    await emit(admin, 'e0');
    await drain(admin);
    // What governed tables let through: a function of their owner.
    await admin.query(`
      create function public.bury_many(p_from int, p_to int) returns void language plpgsql security definer as $$
        begin
          perform iu_core.bury(to_jsonb(e) || jsonb_build_object('id', 1000000 + n), 'treaty.b', 'clerk', 1, 'x', 'x')
             from generate_series(p_from, p_to) as n,
                  (select * from public.event_outbox order by id desc limit 1) as e;
        end $$;
      alter function public.bury_many(int, int) owner to workflow_admin`);
    /** Blocks that the last of ten replays looks at: by then its statements are planned. */
    const replayed = async () => {
      let blocks = 0;
      const open = 'select id from public.v_iu_route_dead_letter_open order by id desc limit 10';
      for (const { id } of await rows<{ id: string }>(admin, open)) {
        const [plan] = await value<Array<{ Plan: Record<string, number> }>>(
          admin,
          `explain (analyze, buffers, format json)
             select public.fn_iu_route_dead_letter_replay('${id}', 'dba', 'mended')`,
        );
        blocks = plan!.Plan['Shared Hit Blocks']! + plan!.Plan['Shared Read Blocks']!;
      }
      return blocks;
    };
    await admin.query('select public.bury_many(1, 20)');
    const few = await replayed();
    await admin.query('select public.bury_many(21, 20020)');
    const many = await replayed();
    expect(few).toBeGreaterThan(0);
    expect(many - few).toBeLessThan(few / 2);
  });

  it('one dead letter replayed by two at once is settled once', async () => {
    const { database, admin } = await routed(server);
    await poison(admin, ['e0']);
    await emit(admin, 'e0');
    await drain(admin);
    await admin.query('drop trigger poison on public.iu_route_delivery');
    const id = await value<string>(admin, 'select id from public.v_iu_route_dead_letter_open');
    const replay = `select public.fn_iu_route_dead_letter_replay($1, 'dba', 'mended') ->> 'status'`;
    const [first, second] = [await session(database), await session(database)];
    await first.query('begin');
    expect(await value(first, replay, [id])).toBe('dry_run');
    const waiting = started(value(second, replay, [id]));
    await untilBlocked(database, second);
    await first.query('commit');
    expect(await waiting).toBe('already_resolved');
  });

  it('a delivery that is there already is an alarm with a way out, and stops nothing', async () => {
    const { admin } = await routed(server);
    await emitMany(admin, ['a', 'b', 'c']);
    await run(admin);
    // As after an operator went back: another worker that begins at the beginning.
    await admin.query(`select public.fn_iu_route_worker_register('again', '{}', 'dba');
      select public.fn_iu_route_worker_enable('again', 'dba', 'test');
      select public.fn_iu_route_set('[{"route_code": "treaty.b", "worker": "again"}]', 'dba')`);
    await emit(admin, 'd');
    const answer = await run(admin, 1000, 'again');
    expect(answer).toMatchObject({ status: 'ran', deliveries: 1, conflicts: 3 });
    const conflicts = await rows<{ id: string }>(admin, 'select id from public.v_iu_route_conflict_open');
    expect(conflicts).toHaveLength(3);
    const health = `select public.fn_iu_route_worker_health('again') -> 'reasons'`;
    expect(await value(admin, health)).toEqual(['conflicts']);
    for (const { id } of conflicts) {
      await admin.query(`select public.fn_iu_route_worker_resolve($1, 'dba', 'gone through')`, [id]);
    }
    expect(await value(admin, health)).toEqual([]);
  });

  it('a copy made by CREATE DATABASE … TEMPLATE is refused until it is told what it is', async () => {
    const { database, admin } = await routed(server);
    await emit(admin, 'original');
    await admin.end();
    const name = uniqueName('copy');
    await withConnection(server.url, (client) => createDatabase(client, name, { template: database.name }));
    const copy = await connect(withDatabase(server.url, name));
    onTestFinished(async () => {
      await copy.end();
      await withConnection(server.url, (client) => dropDatabase(client, name));
    });
    expect(await run(copy)).toMatchObject({ status: 'copy_refused', reason: 'another_stamp' });
    expect(await value(copy, `select public.fn_iu_route_worker_health('clerk') -> 'reasons'`)).toContain(
      'copy_refused',
    );
    const rebaseline = `select public.fn_iu_route_worker_rebaseline('clerk', $1, 'dba', 'a copy')`;
    await copy.query(rebaseline, ['fresh']);
    await emit(copy, 'of the copy');
    await drain(copy);
    expect(await routedEvents(copy)).toEqual(['of the copy']);
    await withConnection(database.url, async (original) => {
      expect(await drain(original)).toBe(1);
      expect(await routedEvents(original)).toEqual(['original']);
    });
  });

  it('a renamed database continues where it was', async () => {
    const { database, admin } = await routed(server);
    await emit(admin, 'before');
    await admin.end();
    const name = uniqueName('renamed');
    await withConnection(server.url, (client) =>
      client.query(`alter database ${database.name} rename to ${name}`),
    );
    const client = await connect(withDatabase(server.url, name));
    expect(await run(client)).toMatchObject({ status: 'copy_refused' });
    await client.query(`select public.fn_iu_route_worker_rebaseline('clerk', 'continue', 'dba', 'renamed')`);
    expect(await drain(client)).toBeGreaterThan(0);
    expect(await routedEvents(client)).toEqual(['before']);
    expect(await unsound(client)).toEqual([]);
    await client.end();
    await withConnection(server.url, (other) =>
      other.query(`alter database ${name} rename to ${database.name}`),
    );
  });

  it('where xids went backwards it stops, and cannot continue, only begin anew', async () => {
    const { admin } = await routed(server);
    await emit(admin, 'before');
    // As a restored dump has it: a cursor and events with xids that this cluster has not reached.
    await admin.query(`set session_replication_role = replica;
      alter table public.iu_route_worker_cursor disable trigger all;
      insert into public.iu_route_worker_cursor
        select (jsonb_populate_record(c, jsonb_build_object('generation', c.generation + 1,
                 'snapshot', '900000000:900000000:'))).*
          from public.iu_route_worker_cursor c order by generation desc limit 1;
      alter table public.iu_route_worker_cursor enable trigger all;
      reset session_replication_role`);
    expect(await run(admin)).toMatchObject({ status: 'copy_refused', reason: 'xids_went_backwards' });
    const rebaseline = `select public.fn_iu_route_worker_rebaseline('clerk', $1, 'dba', 'restored')`;
    expect(await refusal(admin.query(rebaseline, ['continue']))).toMatchObject({ code: 'IU056' });
    await admin.query(rebaseline, ['fresh']);
    await emit(admin, 'after');
    await drain(admin);
    expect(await routedEvents(admin)).toEqual(['after']);
  });
});

describe.each(servers)('the guard of the routes on $name', (server) => {
  it('asks every role, and code of workflow_admin too', async () => {
    const { admin } = await routed(server);
    await admin.query(`
      create function pg_temp.write(p_statement text) returns void language plpgsql security definer as
        $$ begin execute p_statement; end $$;
      alter function pg_temp.write(text) owner to workflow_admin`);
    for (const write of [
      `update public.iu_outbound_route set dry_run = false where route_code = '${ROUTES[0]}'`,
      `insert into public.iu_outbound_route select 'treaty.live', 1, event_domain, event_type, event_stream, payload_filter,
         target_kind, target_ref, true, false, fail_closed, retry_policy, worker, description, created_at, created_by,
         updated_at, updated_by from public.iu_outbound_route where route_code = '${ROUTES[0]}'`,
    ]) {
      expect([write, await outcome(admin, 'select pg_temp.write($1)', [write])]).toEqual([write, 'IU050']);
      // Anybody else meets the lock before.
      expect([write, await outcome(admin, write)]).toEqual([write, 'IU001']);
    }
    expect(
      await outcome(
        admin,
        `select public.fn_iu_route_set('[{"route_code": "treaty.a", "dry_run": false}]', 'dba')`,
      ),
    ).toBe('IU050');
  });
});
