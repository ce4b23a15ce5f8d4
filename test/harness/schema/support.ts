import { createHash } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { applyScript, loadProject, openSession } from '../../../scripts/apply/index.ts';
import {
  connect,
  createDatabase,
  dropDatabase,
  identify,
  uniqueName,
  withConnection,
  withDatabase,
} from '../../../scripts/postgres/index.ts';
import { tableDigests } from '../../../scripts/proof/index.ts';
import { type Database, freshDatabase, iu, REAL_PROJECT, type TestServer, until } from '../support/index.ts';

/** Every role of ours but the owner of everything. */
export const ROLES = [
  'cutter_exec',
  'cutter_verify',
  'cutter_approver',
  'iu_operator',
  'iu_worker',
  'iu_editor',
  'context_pack_readonly',
];

const TEMPLATE = 'iu_schema_template';
const TEMPLATE_LOCK = 20261122;
/** The last runtime script that opens no gate. */
const AT_REST = '040';

/**
 * A clone of the real project, migrated, of the calling test's own; with the runtime scripts applied too that
 * open no gate, unless `bare`. The template is made once per server, by whichever test file comes first.
 */
export async function schemaDatabase(server: TestServer, bare = false): Promise<Database> {
  return freshDatabase(server, await template(server, bare));
}

async function template(server: TestServer, bare: boolean): Promise<string> {
  const name = bare ? `${TEMPLATE}_bare` : TEMPLATE;
  await withConnection(server.url, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if ((await admin.query('select from pg_database where datname = $1', [TEMPLATE])).rowCount) return;
    const building = uniqueName('iu_schema_building');
    const url = withDatabase(server.url, building);
    await createDatabase(admin, building);
    const { report } = await iu(['migrate', '--target', url]);
    expect(report.findings).toEqual([]);
    await dropDatabase(admin, `${TEMPLATE}_bare`);
    await createDatabase(admin, `${TEMPLATE}_bare`, { template: building });
    await applyRuntime(url, AT_REST);
    // The name comes last: a template that is there is whole.
    await admin.query(`alter database ${building} rename to ${TEMPLATE}`);
  });
  return name;
}

/**
 * One clone for all tests of a describe block that leave no row behind: those that only read, are refused, or
 * roll back. `prepare` fills it once.
 */
export function sharedDatabase(
  server: TestServer,
  prepare: (client: pg.Client) => Promise<unknown> = async () => {},
): () => Database {
  const name = uniqueName('iu_shared');
  const database = { name, url: withDatabase(server.url, name) };
  beforeAll(async () => {
    const from = await template(server, false);
    await withConnection(server.url, (admin) => createDatabase(admin, name, { template: from }));
    await withConnection(database.url, prepare);
  });
  afterAll(() => withConnection(server.url, (admin) => dropDatabase(admin, name)));
  return () => database;
}

/**
 * Applies the runtime scripts of the real project, up to a number, statement by statement, as the harness does;
 * `without` leaves one out.
 */
export async function applyRuntime(url: string, last = '999', without?: string): Promise<void> {
  const project = await loadProject(REAL_PROJECT);
  await withConnection(url, async (client) => {
    const session = openSession(client, await identify(client));
    for (const script of project.runtime) {
      const number = script.name.slice(0, 3);
      if (number <= last && number !== without) await applyScript(session, script);
    }
  });
}

/** A connection that ends with the test; `role` is taken by SET ROLE, as a pooled application does. */
export async function session(database: Database, role?: string): Promise<pg.Client> {
  const client = await connect(database.url);
  onTestFinished(() => client.end());
  if (role) await client.query(`set role ${role}`);
  return client;
}

/** A session in a transaction that nobody commits: it leaves nothing in a shared database. */
export async function rolledBack(database: Database): Promise<pg.Client> {
  const client = await session(database);
  await client.query('begin');
  return client;
}

/** The rows of one statement. */
export async function rows<Row = Record<string, unknown>>(
  client: pg.Client,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query(text, values)).rows as Row[];
}

/** The only value of a statement that gives one row with one column. */
export async function value<Value = unknown>(
  client: pg.Client,
  text: string,
  values: unknown[] = [],
): Promise<Value> {
  return Object.values((await rows(client, text, values))[0]!)[0] as Value;
}

/** What a refusal says: its SQLSTATE, and its DETAIL as the object it is. */
export interface Refusal {
  code: string;
  message: string;
  hint: string | undefined;
  detail: Record<string, unknown>;
}

/** The refusal that a statement must meet. */
export async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => expect.unreachable('it should have been refused'),
    (cause: unknown) => cause,
  );
  const { code, message, hint, detail } = error as Record<'code' | 'message' | 'hint' | 'detail', string>;
  return { code, message, hint, detail: detail?.startsWith('{') ? JSON.parse(detail) : {} };
}

/** What happens to a statement, as one word: `written`, or the SQLSTATE it was refused with. */
export async function outcome(client: pg.Client, text: string, values: unknown[] = []): Promise<string> {
  return client.query(text, values).then(
    () => 'written',
    (error: { code: string }) => error.code,
  );
}

/** A spec of fn_iu_create_many. */
export interface Spec {
  address: string;
  title?: string;
  body?: string;
  unit_kind?: string;
  section_type?: string;
  owner_ref?: string | null;
  parent_ref?: string | null;
}

/** The spec with what it leaves out: an article of a law without text. */
export function spec(given: Spec): Required<Pick<Spec, 'address' | 'title' | 'body'>> & Spec {
  return { title: given.address, body: '', unit_kind: 'law_unit', section_type: 'article', ...given };
}

export interface Created {
  index: number;
  address: string;
  status: 'created' | 'exists_complete';
  unit_id: string;
  version_id: string;
}

/** fn_iu_create_many. */
export async function createMany(client: pg.Client, specs: unknown, actor = 'R. Herzog'): Promise<Created[]> {
  const answer = await value<{ units: Created[] }>(client, 'select public.fn_iu_create_many($1::jsonb, $2)', [
    JSON.stringify(specs),
    actor,
  ]);
  return answer.units;
}

/** The statuses of a batch, in its order. */
export const statuses = (units: Created[]) => units.map(({ status }) => status);

export const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** Digests of all rows of the governed tables and of any other but the harness's own; equal means: no row changed. */
export async function contents(database: Database): Promise<Record<string, string>> {
  return withConnection(database.url, async (client) => {
    const digests = [...(await tableDigests(client))];
    return Object.fromEntries(
      digests
        .filter(([table]) => !/^(iu_ledger|graphile_migrate)\./.test(table))
        .map(([table, { rows: count, digest }]) => [table, `${count} ${digest}`]),
    );
  });
}

/** Waits until the session of `client` waits for a lock, as pg_stat_activity has it. */
export async function untilBlocked(database: Database, client: pg.Client): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  await withConnection(database.url, (watcher) =>
    until(`session ${processID} to wait for a lock`, async () =>
      value<boolean>(
        watcher,
        `select exists (select from pg_stat_activity a
                         where a.pid = $1 and a.wait_event_type = 'Lock')
            and exists (select from pg_locks l where l.pid = $1 and not l.granted)`,
        [processID],
      ),
    ),
  );
}

/** A statement whose end is awaited later: its rejection is not unhandled in between. */
export function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** One target of fn_iu_review_decide. */
export interface Target {
  address: string;
  version_id?: string;
  successor_address?: string;
}

/** The targets that name each unit's current version for an act. */
export async function targets(
  client: pg.Client,
  act: 'enact' | 'supersede' | 'retire',
  addresses: string[],
  successor?: string,
): Promise<Target[]> {
  const found = await rows<{ address: string; version_id: string }>(
    client,
    `select u.canonical_address as address, iu_core.current_version(u, $2) as version_id
       from unnest($1::text[]) with ordinality as a (address, n)
       join public.information_unit u on u.canonical_address = a.address
      order by a.n`,
    [addresses, act],
  );
  return found.map((target) => ({ ...target, ...(successor ? { successor_address: successor } : {}) }));
}

/** fn_iu_review_decide, approving: the id of the decision. */
export async function approve(
  client: pg.Client,
  act: 'enact' | 'supersede' | 'retire',
  addresses: string[],
  successor?: string,
): Promise<string> {
  return value<string>(
    client,
    `select public.fn_iu_review_decide($1, $2::jsonb, 'approve', 'a reviewer', 'read and found right')
       ->> 'review_decision_id'`,
    [act, JSON.stringify(await targets(client, act, addresses, successor))],
  );
}

/** What the functions of the lifecycle answer. */
export interface LifecycleAnswer {
  status: string;
  dry_run: boolean;
  units: Array<{ address: string; unit_id: string; version_id: string; status: string }>;
  editions: Array<{
    doc_code: string;
    edition: number;
    edition_id: string;
    units: number;
    root_hash: string;
  }>;
  rows: Record<string, number>;
}

/** fn_iu_<act>_many under a decision. */
export const act = (
  client: pg.Client,
  name: 'enact' | 'supersede' | 'retire',
  addresses: string[],
  decision: string | null,
  dryRun = false,
) =>
  value<LifecycleAnswer>(
    client,
    `select public.fn_iu_${name}_many($1, 'an operator', $2, p_reason => 'test', p_dry_run => $3)`,
    [addresses, decision, dryRun],
  );

/** Approves the drafts of these units and puts them in force. */
export const enact = async (client: pg.Client, addresses: string[]) =>
  act(client, 'enact', addresses, await approve(client, 'enact', addresses));
