import type pg from 'pg';
import type { SqlFile, Statement } from '../sql/index.ts';
import { rowCounts, sequenceStates } from './data.ts';

/** One trace that a probe left behind. */
export interface Residue {
  class: 'row-count' | 'sequence-moved' | 'committed';
  object: string;
  detail: string;
}

export interface ProbeRun {
  /** clean: nothing of what was looked at changed. leaked: residues say what did. committed: it was not rolled back. */
  verdict: 'clean' | 'leaked' | 'committed';
  /** The result rows of every statement, in order. */
  rows: unknown[];
  residues: Residue[];
  /** The probe's transaction, or null where it never wrote. */
  xid: string | null;
  /** What the server says became of it: aborted, committed, or null without an xid. */
  xactStatus: string | null;
}

interface State {
  counts: Map<string, number>;
  sequences: Map<string, string>;
}

/**
 * Runs a probe's statements one by one and compares row counts and sequences before and after, and asks the
 * server what became of its transaction. Needs a database nobody else writes to. Looks at nothing else: what
 * other residues ROLLBACK leaves (locks, files, autonomous commits …) is not judged here.
 * `run` executes one statement and returns its rows, or throws; then the probe is rolled back and the error rethrown.
 */
export async function runProbe(
  client: pg.Client,
  file: SqlFile,
  run: (statement: Statement) => Promise<unknown[]>,
): Promise<ProbeRun> {
  const before = await look(client);
  const rows: unknown[] = [];
  let xid: string | null = null;
  let ended: string | null = null;
  try {
    for (const statement of file.statements) {
      if (statement === file.statements.at(-1)) {
        const { rows: ids } = await client.query('select pg_current_xact_id_if_assigned()::text as xid');
        xid = ids[0].xid;
      }
      rows.push(...(await run(statement)));
      if (statement !== file.statements.at(-1) && client.getTransactionStatus() === 'I') {
        ended ??= `the transaction ended at line ${statement.line}`;
      }
    }
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
  const { rows: fates } = await client.query('select pg_xact_status($1::text::xid8) as status', [xid]);
  const xactStatus: string | null = fates[0].status;
  const residues = compare(before, await look(client));
  const committed = ended !== null || (xid !== null && xactStatus !== 'aborted');
  if (committed) {
    residues.unshift({ class: 'committed', object: `transaction ${xid}`, detail: ended ?? `${xactStatus}` });
  }
  const verdict = committed ? 'committed' : residues.length > 0 ? 'leaked' : 'clean';
  return { verdict, rows, residues, xid, xactStatus };
}

const look = async (client: pg.Client): Promise<State> => ({
  counts: await rowCounts(client),
  sequences: new Map(
    [...(await sequenceStates(client))].map(([name, state]) => [name, JSON.stringify(state)]),
  ),
});

function compare(before: State, after: State): Residue[] {
  return [
    ...changes(before.counts, after.counts).map(([object, from, to]): Residue => {
      return {
        class: 'row-count',
        object,
        detail: `${from ?? 'absent'} rows before, ${to ?? 'absent'} after`,
      };
    }),
    ...changes(before.sequences, after.sequences).map(([object, from, to]): Residue => {
      return {
        class: 'sequence-moved',
        object,
        detail: `${from ?? 'absent'} before, ${to ?? 'absent'} after`,
      };
    }),
  ];
}

function changes<T>(
  before: Map<string, T>,
  after: Map<string, T>,
): Array<[string, T | undefined, T | undefined]> {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => before.get(key) !== after.get(key))
    .sort()
    .map((key) => [key, before.get(key), after.get(key)]);
}
