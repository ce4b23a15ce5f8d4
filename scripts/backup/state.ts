import { createHash } from 'node:crypto';
import type pg from 'pg';
import {
  contentFacts,
  contentSeal,
  diffFacts,
  type FactChange,
  type Facts,
  kindNames,
  type SequenceState,
  sequenceStates,
  type TableDigest,
  tableDigests,
} from '../proof/index.ts';
import type { DataSummary } from './record.ts';
import { sqlFile } from './sql-file.ts';

/** What a database is, as far as a backup has to give it back. */
export interface State {
  /** Content seal over the kinds that belong to the database itself. */
  seal: string;
  /** Catalogs with objects that no comparison speaks of. */
  unmodelled: string[];
  facts: Facts;
  rows: ReadonlyMap<string, TableDigest>;
}

const LARGE_OBJECTS = 'large objects';

/** Schema and seal of the database; in a transaction as that transaction sees it. */
export async function readSchema(client: pg.Client): Promise<Pick<State, 'seal' | 'unmodelled' | 'facts'>> {
  const kinds = kindNames('content');
  const { digest, unmodelled } = await contentSeal(client, kinds);
  return { seal: digest, unmodelled, facts: await contentFacts(client, kinds) };
}

/** Digests of all rows and of all large objects (one line of their own); reads every byte of the database. */
export async function readRows(client: pg.Client): Promise<Map<string, TableDigest>> {
  const digests = await tableDigests(client);
  const { rows } = await client.query<TableDigest>(await sqlFile('large-objects.sql'));
  return digests.set(LARGE_OBJECTS, rows[0]!);
}

export const readState = async (client: pg.Client): Promise<State> => ({
  ...(await readSchema(client)),
  rows: await readRows(client),
});

/** The rows in short, for the record. */
export function summary(rows: State['rows']): DataSummary {
  const lines = [...rows].map(([table, { rows, digest }]) => `${table}|${rows}|${digest}`).sort();
  return {
    tables: rows.size - (rows.has(LARGE_OBJECTS) ? 1 : 0),
    rows: [...rows].reduce((sum, [table, one]) => sum + (table === LARGE_OBJECTS ? 0 : one.rows), 0),
    digest: createHash('sha256').update(lines.join('\n')).digest('hex'),
  };
}

/** What a restored copy does not have as the source had it; empty when nothing is amiss. */
export function differences(source: State, copy: State): FactChange[] {
  const shown = (one?: TableDigest) => (one ? `${one.rows} rows, ${one.digest}` : null);
  const data = [...new Set([...source.rows.keys(), ...copy.rows.keys()])].sort().map((table) => ({
    object: table === LARGE_OBJECTS ? table : `rows of ${table}`,
    field: 'content',
    before: shown(source.rows.get(table)),
    after: shown(copy.rows.get(table)),
  }));
  return [...diffFacts(source.facts, copy.facts), ...data.filter((one) => one.before !== one.after)];
}

export type Sequences = ReadonlyMap<string, SequenceState>;

export const readSequences = (client: pg.Client): Promise<Sequences> => sequenceStates(client);

/**
 * Sequences that the copy has elsewhere than the source had them. A sequence belongs to no snapshot: while
 * the dump ran it may have moved, and anything between its two positions is right.
 */
export function sequenceDifferences(before: Sequences, after: Sequences, copy: Sequences): FactChange[] {
  return [...before].flatMap(([sequence, was]) => {
    const later = after.get(sequence) ?? was;
    const is = copy.get(sequence);
    if (is && within(was, later, is)) return [];
    const text = (state?: SequenceState) =>
      state ? `${state.lastValue}${state.isCalled ? ', called' : ''}` : null;
    return [{ object: `sequence ${sequence}`, field: 'position', before: text(was), after: text(is) }];
  });
}

function within(was: SequenceState, later: SequenceState, is: SequenceState): boolean {
  const [a, b, x] = [was, later, is].map(({ lastValue }) => BigInt(lastValue)) as [bigint, bigint, bigint];
  if (a === b) return x === a && (is.isCalled === was.isCalled || is.isCalled === later.isCalled);
  return a < b ? a <= x && x <= b : b <= x && x <= a;
}
