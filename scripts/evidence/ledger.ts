import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';

/** What a ledger event may carry beside its place in the chain; column names of iu_ledger.event. */
export interface EventFacts {
  server?: string;
  forward_sha256?: string;
  forward_digest?: string;
  rollback_sha256?: string;
  rollback_digest?: string;
  verify_sha256?: string;
  verify_digest?: string;
  statements?: number;
  seal?: string;
  /** JSON text. */
  detail?: string;
}

export type EventKind = 'migrate' | 'rollback' | 'runtime' | 'revert' | 'probe' | 'prove' | 'cut' | 'seal';

export interface Event extends Required<Omit<EventFacts, 'statements'>> {
  seq: number;
  at: string;
  run_id: string;
  kind: EventKind;
  file: string;
  outcome: 'started' | 'done' | 'failed';
  actor: string;
  statements: number | null;
  milliseconds: number | null;
  previous_hash: string | null;
  hash: string;
}

const sql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/** The name of one run of a verb: its events in the ledger carry it. */
export const newRunId = (): string => randomUUID();

/** Creates iu_ledger; the caller has the transaction and is workflow_admin in it. */
export async function installLedger(client: pg.ClientBase): Promise<void> {
  await client.query(await sql('./ledger.sql'));
}

export async function hasLedger(client: pg.ClientBase): Promise<boolean> {
  // Not to_regclass: that raises where the schema is somebody else's.
  const { rows } = await client.query(await sql('./has-ledger.sql'));
  return rows[0].there;
}

/**
 * Appends one event and returns its seq. In the caller's transaction, if there is one: a done event exists
 * exactly when that transaction commits. Throws the server's IU903 for a done event nobody announced.
 */
export async function append(
  client: pg.ClientBase,
  runId: string,
  kind: EventKind,
  file: string,
  outcome: Event['outcome'],
  facts: EventFacts = {},
): Promise<number> {
  const { rows } = await client.query('select iu_ledger.fn_append($1, $2, $3, $4, $5) as seq', [
    runId,
    kind,
    file,
    outcome,
    facts,
  ]);
  return Number(rows[0].seq);
}

/** The broken links of the chain, as the database sees them; none is healthy. */
export async function brokenLinks(client: pg.ClientBase): Promise<Array<{ seq: number; problem: string }>> {
  const { rows } = await client.query('select seq::int, problem from iu_ledger.fn_verify_chain()');
  return rows;
}

/** The whole chain in order, each value as the text that its hash covers. */
export async function readChain(client: pg.ClientBase): Promise<Event[]> {
  const { rows } = await client.query(await sql('./chain.sql'));
  return rows;
}
