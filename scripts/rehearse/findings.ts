import type { FactChange, TableDigest } from '../proof/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { tableOfColumn } from './headers.ts';
import type { Judgement } from './judge.ts';
import type { TableRows } from './rows.ts';

/** The two files as findings name them. */
export interface Names {
  up: string;
  down: string;
}

const COMPLETE = 'complete the rollback file';

/** What is wrong with a rollback, as a judgement shows it; an empty up is not among it (see emptyUp). */
export function findingsOf(judgement: Judgement, names: Names): Finding[] {
  const { verdict, facts, data, stale, failed } = judgement;
  const reordered = verdict === 'equal-but-reordered';
  return [
    ...(failed?.move === 'down' ? [failure(failed.error, 'rollback_failed', names.down, 'fails')] : []),
    ...(failed?.move === 'up'
      ? [failure(failed.error, 'not_reapplied', names.down, 'leaves a database that the migration fails on')]
      : []),
    ...(reordered ? columnOrder(facts, names.down) : facts.map((fact) => notGivenBack(fact, names.down))),
    ...data.filter(({ outcome }) => outcome === 'lost').map((rows) => rowsLost(rows, names.down)),
    ...stale.map(({ header, table }) => staleHeader(header, table, names.down)),
  ];
}

/** An up that changed nothing in any run: then nothing is proven of its rollback. */
export function emptyUp({ up }: Names): Finding {
  const message = `${up} changes nothing in the catalog and no row, so its rollback proves nothing`;
  const next =
    'move what it does with rows into a runtime script, or seed the rows that it changes (docs/iu-rehearse.md)';
  return { code: 'empty_up', message, file: up, next };
}

/** What the server said of a file that failed on the staircase, told of its rollback. */
function failure(error: unknown, code: string, file: string, what: string): Finding {
  if (!(error instanceof IuError)) throw error;
  const [cause] = error.findings;
  return { ...cause, code, message: `${file} ${what}: ${cause?.message ?? error.message}`, file };
}

function notGivenBack({ object, field, before, after }: FactChange, file: string): Finding {
  const shown = (value: string | null) => (value === null ? 'nothing' : value);
  return {
    code: 'not_rolled_back',
    message: `the rollback does not give back ${field} of ${object}`,
    file,
    object,
    detail: `expected: ${shown(before)}\nfound:    ${shown(after)}`,
    next: COMPLETE,
  };
}

function columnOrder(facts: readonly FactChange[], file: string): Finding[] {
  const tables = new Set(facts.map(({ object }) => tableOfColumn(object) ?? object));
  return [...tables].map((table) => ({
    code: 'column_order',
    message: `after the rollback the columns of ${table} stand in another order; nothing else differs`,
    file,
    object: table,
    detail: facts
      .filter(({ object }) => tableOfColumn(object) === table)
      .map(({ object, before, after }) => `${object}: ${before} became ${after}`)
      .join('\n'),
    next: `if no client relies on the order, say so in the rollback: --! Accepts: column-order ${table}`,
  }));
}

function rowsLost({ table, mode, before, after }: TableRows, file: string): Finding {
  const [was, is] = [before?.rows ?? 0, after?.rows ?? 0];
  const what = was === is ? 'other values in rows' : 'other rows';
  return {
    code: 'rows_not_given_back',
    message: `the rollback leaves ${what} of ${table} than there were (compared: ${mode})`,
    file,
    object: table,
    detail: `expected: ${shownRows(before)}\nfound:    ${shownRows(after)}`,
    next: `${COMPLETE}, or let it say what is lost: --! Destroys: rows of ${table}`,
  };
}

const shownRows = (digest: TableDigest | null) =>
  digest ? `${digest.rows} rows, digest ${digest.digest || '-'}` : 'no table';

function staleHeader(header: 'Accepts' | 'Destroys', table: string, file: string): Finding {
  const what =
    header === 'Accepts' ? `moves no column of ${table}` : `loses no row of ${table}, which has some`;
  return {
    code: header === 'Accepts' ? 'stale_accepts' : 'stale_destroys',
    message: `the rollback ${what}, but says ${header}:`,
    file,
    object: table,
    next: `take ${table} out of the line --! ${header}: of the rollback`,
  };
}
