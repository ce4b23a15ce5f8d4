import type pg from 'pg';
import { IuError } from '../report/index.ts';
import { type Ask, withPinned } from './pinned.ts';
import { query } from './queries.ts';

/** Where a sequence stands: what `select last_value, is_called, log_cnt` from it says. */
export interface SequenceState {
  lastValue: string;
  isCalled: boolean;
  logCount: number;
}

/** The rows of one table: how many, and an order-free digest of their text. */
export interface TableDigest {
  rows: number;
  digest: string;
}

/**
 * The exact number of rows of every user table, by qualified name: one trip for the statement, one for the
 * counts, one snapshot. Leaves of partitioned tables are counted, not their parents; foreign and temporary
 * tables and materialized views are not, nor unlogged tables on a standby. It locks every table it counts
 * (access share) as pg_dump does, so thousands of tables need max_locks_per_transaction to match.
 * Throws what the server says when a table may not be read, row security included.
 */
export async function rowCounts(client: pg.ClientBase): Promise<Map<string, number>> {
  return withPinned(client, async (ask) => {
    const rows = await generated(ask, query('row_counts'));
    return new Map(rows.map(([table, count]) => [table, Number(count)]));
  });
}

/** Where every user sequence stands, by qualified name, in two trips. Reading it does not move it. */
export async function sequenceStates(client: pg.ClientBase): Promise<Map<string, SequenceState>> {
  return withPinned(client, async (ask) => {
    const rows = await generated(ask, query('sequence_states'));
    return new Map(
      rows.map(([sequence, state]) => {
        const [lastValue, isCalled, logCount] = state.slice(1, -1).split(',') as [string, string, string];
        return [sequence, { lastValue, isCalled: isCalled === 't', logCount: Number(logCount) }];
      }),
    );
  });
}

/**
 * Digests the rows of the given tables (names as rowCounts spells them; all by default) in mode `bytes`:
 * row count and two seeded 64-bit sums over the text form of each row under pinned settings. Order-free in
 * rows and in columns; 1.0 and 1.00 differ. Equal digests say nothing about types, names or row versions.
 * Throws IuError (usage) for a table that is not there, and what the server says when one may not be read.
 */
export async function tableDigests(
  client: pg.ClientBase,
  tables?: readonly string[],
): Promise<Map<string, TableDigest>> {
  const list = tables ? `array[${tables.map((name) => client.escapeLiteral(name)).join(', ')}]` : 'null';
  const rows = await withPinned(client, (ask) =>
    generated(
      ask,
      query('table_digests').replaceAll('%tables%', () => `${list}::text[]`),
    ),
  );
  const digests = new Map(
    rows.map(([table, text]) => {
      const [count, ...sums] = text.split('|');
      return [table, { rows: Number(count), digest: sums.join('|') }];
    }),
  );
  const missing = tables?.filter((name) => !digests.has(name)) ?? [];
  if (missing.length === 0) return digests;
  throw new IuError('usage', {
    code: 'no_such_table',
    message: `No user table is called ${missing.join(', ')}.`,
    next: 'Name tables as schema.table, quoted as SQL would quote them.',
  });
}

/** Runs the statements that a query builds; nothing when there is nothing to build them of. */
async function generated(ask: Ask, builder: string): Promise<Array<[string, string]>> {
  const [built] = await ask(builder);
  const statements = built!.rows.map(([statement]) => statement!);
  if (statements.length === 0) return [];
  const answers = await ask(statements.join(';\n'));
  return answers.flatMap(({ rows }) => rows as Array<[string, string]>);
}
