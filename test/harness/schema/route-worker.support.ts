import type pg from 'pg';
import { expect } from 'vitest';
import { type Database, type TestServer, until } from '../support/index.ts';
import { rows, schemaDatabase, session, value } from './support.ts';

/** What fn_iu_route_worker_run answers. */
export interface Run {
  status: 'ran' | 'idle' | 'busy' | 'inert' | 'copy_refused' | 'master_gate_closed' | 'worker_gate_closed';
  generation?: number;
  seen?: number;
  deliveries?: number;
  attempts?: number;
  dead_lettered?: number;
  conflicts?: number;
  more?: boolean;
  reason?: string;
}

export const TYPES = `[
  {"event_domain": "treaty", "event_type": "signed", "event_stream": "update", "delivery_lane": "immediate",
   "severity": "info", "description": "A treaty was signed."}]`;

/** The three dry-run routes that every event of a test takes. */
export const ROUTES = ['treaty.a', 'treaty.b', 'treaty.c'];

const route = (code: string, worker: string) => ({
  route_code: code,
  event_domain: 'treaty',
  event_type: '*',
  target_kind: 'report',
  target_ref: `report:${code}`,
  enabled: true,
  worker,
  description: 'A route of a test.',
});

/** A database whose gates are open, with a worker, three routes and nothing in the outbox that they take. */
export async function routed(
  server: TestServer,
  worker = 'clerk',
): Promise<{ database: Database; admin: pg.Client }> {
  const database = await schemaDatabase(server);
  const admin = await session(database);
  await admin.query('select public.fn_iu_event_type_set($1, $2)', [TYPES, 'dba']);
  await admin.query('select public.fn_iu_route_set($1, $2)', [
    JSON.stringify(ROUTES.map((code) => route(code, worker))),
    'dba',
  ]);
  for (const gate of ['routes_master', 'route_worker']) {
    await admin.query(`select public.fn_iu_gate_open('iu_core.${gate}_enabled', null, 'dba', 'test', null)`);
  }
  await admin.query(`select public.fn_iu_route_worker_register($1, '{}', 'dba')`, [worker]);
  await admin.query(`select public.fn_iu_route_worker_enable($1, 'dba', 'test')`, [worker]);
  await drain(admin, worker);
  return { database, admin };
}

export const run = (client: pg.Client, limit: number | null = null, worker = 'clerk') =>
  value<Run>(client, 'select public.fn_iu_route_worker_run($1, $2)', [worker, limit]);

/** Runs until there is nothing; the number of events seen. */
export async function drain(
  client: pg.Client,
  worker = 'clerk',
  limit: number | null = null,
): Promise<number> {
  let seen = 0;
  for (;;) {
    const answer = await run(client, limit, worker);
    expect(['ran', 'idle', 'busy']).toContain(answer.status);
    if (answer.status === 'idle') return seen;
    seen += answer.seen ?? 0;
  }
}

/** Emits one event; its subject names it in `routedEvents`. */
export const emit = (client: pg.Client, subject: string, payload: unknown = {}) =>
  value<string>(
    client,
    `select public.fn_iu_emit_event('treaty', 'signed', 'public.treaty', $1, 'a test', $2) ->> 'event_id'`,
    [subject, JSON.stringify(payload)],
  );

/** Emits a batch in one statement. */
export const emitMany = (client: pg.Client, subjects: string[]) =>
  client.query(`select public.fn_iu_emit_events($1, 'a test')`, [
    JSON.stringify(
      subjects.map((subject_ref) => ({
        event_domain: 'treaty',
        event_type: 'signed',
        subject_table: 'public.treaty',
        subject_ref,
      })),
    ),
  ]);

/** The subjects of the events that were routed, each once per route. */
export const routedEvents = async (client: pg.Client) =>
  (
    await rows<{ subject: string }>(
      client,
      `select e.subject_ref as subject from public.iu_route_delivery d join public.event_outbox e on e.id = d.event_id
        where d.route_code = 'treaty.a' order by d.event_id`,
    )
  ).map(({ subject }) => subject);

/** What is not as it must be once all is drained: events without their deliveries, deliveries without an event. */
export const unsound = (client: pg.Client) =>
  rows(
    client,
    `select e.id, e.subject_ref, count(d.event_id)::int as deliveries, count(a.event_id)::int as attempts
       from public.event_outbox e
      cross join unnest($1::text[]) as r (code)
       left join public.iu_route_delivery d on d.event_id = e.id and d.route_code = r.code
       left join public.iu_route_attempt a on a.event_id = e.id and a.route_code = r.code
      where e.event_domain = 'treaty'
      group by e.id, e.subject_ref
     having count(d.event_id) <> cardinality($1) or count(a.event_id) <> cardinality($1)
     union all
     select d.event_id, d.route_code, 0, 0 from public.iu_route_delivery d
      where not exists (select from public.event_outbox e where e.id = d.event_id)`,
    [ROUTES],
  );

/** The newest generation of the cursor. */
export const cursor = async (client: pg.Client, worker = 'clerk') =>
  (
    await rows<{ generation: string; id_bound: string; mark_id: string | null; snapshot: string }>(
      client,
      `select generation, id_bound, mark_id, snapshot::text as snapshot from public.iu_route_worker_cursor
        where worker = $1 order by generation desc limit 1`,
      [worker],
    )
  )[0]!;

/**
 * Emits and runs until the id bound is above an id: other tests on the server hold transactions of their own, so
 * how often that takes is not known.
 */
export const untilBoundAbove = (client: pg.Client, id: number, worker = 'clerk') =>
  until(`the id bound to pass ${id}`, async () => {
    await emit(client, 'onward');
    await drain(client, worker);
    return Number((await cursor(client, worker)).id_bound) > id;
  });
