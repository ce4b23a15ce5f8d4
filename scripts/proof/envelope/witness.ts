import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { sql } from './queries.ts';

/** A transaction that somebody committed: its 32-bit xid, and the relations whose rows it changed. */
export interface Committed {
  xid: string;
  relations: string[];
}

/** What the witness saw since it was last asked. */
export interface Witnessed {
  transactions: Committed[];
  /** Prefixes of logical messages that no transaction carried: no ROLLBACK takes them back. */
  signals: string[];
}

/**
 * A temporary logical slot that sees what commits in its database, by whatever session. It does not see other
 * databases, sequences, rows of unlogged tables (their transactions look empty, as those of DDL do), files.
 */
export interface Witness {
  /** Its backend, which is nobody's neighbour. */
  pid: number;
  /** Everything committed up to now, commits with synchronous_commit off included; each is told once. */
  drain(): Promise<Witnessed>;
  /** Drops the slot; it holds WAL back for as long as it exists. The connection stays the caller's. */
  close(): Promise<void>;
}

const PREFIX = 'iu_probe';
const CREATE_MS = 2_000;
const DRAIN_MS = 30_000;

/**
 * Makes a witness on `client`, a connection of its own to the probe's database that nothing else uses. Says
 * why not where there can be none, and which writers it waited for when it gave up after 2 s. Throws only when
 * the connection is lost.
 */
export async function openWitness(
  client: pg.Client,
): Promise<{ witness: Witness } | { witness: null; missing: string }> {
  const { rows } = await client.query<{ missing: string | null; pid: number }>(sql('may_witness'));
  const { missing, pid } = rows[0]!;
  if (missing !== null) return { witness: null, missing };
  const slot = `iu_probe_${randomBytes(6).toString('hex')}`;
  // local: a marker need not wait for a standby, it must only be flushed here
  await client.query(`set synchronous_commit = local; set statement_timeout = ${CREATE_MS}`);
  try {
    await client.query("select pg_catalog.pg_create_logical_replication_slot($1, 'test_decoding', true)", [
      slot,
    ]);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code) throw error;
    if (code !== '57014') return { witness: null, missing: message };
    return { witness: null, missing: `it waited ${CREATE_MS / 1000} s for ${await writers(client)}` };
  }
  await client.query(`set statement_timeout = ${DRAIN_MS}`);
  return {
    witness: {
      pid,
      drain: () => drain(client, slot),
      // an error in a drain has dropped it already: temporary slots do not survive one
      close: () =>
        client.query('select pg_catalog.pg_drop_replication_slot($1)', [slot]).then(
          () => {},
          () => {},
        ),
    },
  };
}

async function writers(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ writer: string }>(sql('writers'));
  return rows.map(({ writer }) => writer).join(', ') || 'a writer that has ended meanwhile';
}

/** Drains until our own marker appears: whatever was committed before it has then been told. */
async function drain(client: pg.Client, slot: string): Promise<Witnessed> {
  const marker = `${PREFIX}_${randomBytes(8).toString('hex')}`;
  await client.query("select pg_catalog.pg_logical_emit_message(true, $1, '')", [marker]);
  const transactions = new Map<string, Set<string>>();
  const signals = new Set<string>();
  const deadline = performance.now() + DRAIN_MS;
  for (let ours: string | null = null; ours === null; ) {
    if (performance.now() > deadline)
      throw new Error(`the witness's marker did not appear in ${DRAIN_MS} ms`);
    const { rows } = await client.query<Record<'xid' | 'kind' | 'object', string>>(sql('drain'), [slot]);
    for (const { xid, kind, object } of rows) {
      if (kind === 'signal') signals.add(object);
      else if (!transactions.has(xid)) transactions.set(xid, new Set());
      if (kind === 'rows') transactions.get(xid)!.add(object);
      if (kind === 'message' && object === marker) ours = xid;
    }
    if (ours !== null) transactions.delete(ours);
  }
  return {
    transactions: [...transactions].map(([xid, relations]) => ({ xid, relations: [...relations].sort() })),
    signals: [...signals].sort(),
  };
}
