import type pg from 'pg';
import { type Ask, withPinned } from '../pinned.ts';
import { readXminSeal, type XminSeal, type XminStatements, xminStatements } from '../xmin/index.ts';
import { askTagged, first, mapped, sql, tagged, textArray } from './queries.ts';

/** Objects and what was seen of them, as text of the server's. */
export type Seen = ReadonlyMap<string, string>;

/** One side of the envelope: what a probe may not change, as it was at one moment. */
export interface State {
  /** The next transaction of the server, and those that had not ended, at that moment. */
  snapshot: { next: string; running: string[] };
  /** The catalogs by (oid, xmin), and the unlogged tables, whose commits the witness cannot tell. */
  catalogs: XminSeal;
  unlogged: Seen;
  sequences: Seen;
  plannerHints: Seen;
  preparedTransactions: Seen;
  slots: Seen;
  signals: Seen;
  fileSettings: Seen;
  neighbours: Seen;
  session: { preparedStatements: Seen; locks: Seen; settings: Seen };
  /** Sequences that the probe declares: as it spells them, and as `sequences` does. */
  declared: Seen;
  /** What this login may not read. */
  notObserved: string[];
  statements: XminStatements;
  /** Whether any transaction of the server committed since the other side; true where there is none. */
  committed: boolean;
}

/** What to look at beside the database itself. */
export interface Looking {
  /** Names of sequences as the probe's headers spell them. */
  declared: readonly string[];
  /** Backends that are no neighbours: the witness's. */
  ignored: readonly number[];
  /** Oids of the sequences and tables that matter; null for all. What the probe did not use is not of its moving. */
  used: readonly string[] | null;
}

const TRIES = 5;
/** A relation was dropped by somebody between the query that names it and the one that reads it. */
const VANISHED = /^(42P01|XX000|3F000)$/;

/**
 * Looks at everything that ROLLBACK must give back, in few trips. With `before` given, the catalogs,
 * which only a commit can change, are read again only when the server says that a transaction of its own, in
 * whatever database, committed since: where none did, they cannot differ.
 * Throws what the server says, a lock timeout of 2 s for a sequence or an unlogged table included.
 */
export async function look(client: pg.ClientBase, looking: Looking, before?: State): Promise<State> {
  for (let tries = 1; ; tries += 1) {
    try {
      const session = await sessionState(client);
      return { ...(await withPinned(client, (ask) => lookPinned(ask, looking, before))), session };
    } catch (error) {
      if (tries === TRIES || !VANISHED.test((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

async function lookPinned(ask: Ask, looking: Looking, before?: State): Promise<Omit<State, 'session'>> {
  const used = looking.used ? `array[${looking.used.join(', ')}]::oid[]` : 'null::oid[]';
  const builders = sql('builders')
    .replace('%declared%', () => textArray(looking.declared))
    .replaceAll('%used%', () => used);
  const built = await askTagged(ask, [builders, ...(before ? [committedSince(before)] : [])].join(';\n'));
  const committed = first(built, 'committed') !== 'false';
  const statements = before?.statements ?? (await xminStatements(ask));
  const state = sql('state')
    .replace('%ignored%', [0, ...looking.ignored].join(', '))
    .replaceAll('%used%', () => used);
  const parts = (built.get('statement') ?? []).flatMap(([text]) => text ?? []);
  const seen = await askTagged(ask, [...parts, state].join(';\n'));
  const catalogs =
    before && !committed ? before.catalogs : readXminSeal(await ask(statements.text), statements);
  return {
    snapshot: readSnapshot(first(built, 'snapshot')!),
    catalogs,
    unlogged: mapped(seen, 'unlogged'),
    sequences: mapped(seen, 'sequence'),
    plannerHints: mapped(seen, 'planner-hints'),
    preparedTransactions: mapped(seen, 'prepared-transaction'),
    slots: mapped(seen, 'slot'),
    signals: mapped(seen, 'signal'),
    fileSettings: mapped(seen, 'file-setting'),
    neighbours: mapped(seen, 'neighbour'),
    declared: mapped(built, 'declared'),
    notObserved: (built.get('not-observed') ?? []).map(([what]) => what!),
    statements,
    committed,
  };
}

async function sessionState(client: pg.ClientBase): Promise<State['session']> {
  const { rows } = await client.query<Array<string | null>>({ text: sql('session'), rowMode: 'array' });
  const seen = tagged(rows);
  return {
    preparedStatements: mapped(seen, 'prepared-statement'),
    locks: mapped(seen, 'session-lock'),
    settings: mapped(seen, 'setting'),
  };
}

const committedSince = ({ snapshot }: State): string =>
  sql('committed').replace('%xmax%', snapshot.next).replace('%running%', snapshot.running.join(', '));

/** `xmin:xmax:xid,xid…` of pg_current_snapshot(). */
function readSnapshot(text: string): State['snapshot'] {
  const [, next, running] = text.split(':');
  return { next: next!, running: running ? running.split(',') : [] };
}

/** The objects of which something else is seen than before, sorted, with both sides (absent: null). */
export function changes(
  before: Seen,
  after: Seen,
): Array<{ object: string; from: string | null; to: string | null }> {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((object) => before.get(object) !== after.get(object))
    .sort()
    .map((object) => ({ object, from: before.get(object) ?? null, to: after.get(object) ?? null }));
}
