import { readFile } from 'node:fs/promises';
import type pg from 'pg';

/**
 * called: some call returned. raised: entered, but every call ended in an error. never: no call. not
 * observable: no call was seen, and none would be, as the planner may put the body of such a function in place
 * of the call, or the server calls it without counting.
 */
export type CoverageState = 'called' | 'raised' | 'never' | 'not observable';

export interface CoveredFunction {
  function: string;
  state: CoverageState;
  /** Calls that returned. */
  calls: number;
}

export interface Tracked {
  oid: string;
  name: string;
  may_hide: boolean;
}

/** Calls by function oid; clones of one template have the same oids. */
export type Calls = Map<string, number>;

const sql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/** The functions of the database that a test should reach: those of extensions and of the harness are left out. */
export async function trackedFunctions(client: pg.Client): Promise<Tracked[]> {
  return (await client.query<Tracked>(await sql('./functions.sql'))).rows;
}

/**
 * Adds to `calls` what was counted in the database of `client`, whose own session is flushed first: it is
 * rolled back and reset for that. Other sessions count once they have ended. Needs track_functions = all; says
 * nothing of functions that are not there any more, and nothing of which lines of a body ran.
 */
export async function addCalls(client: pg.Client, calls: Calls): Promise<void> {
  await client.query('rollback');
  await client.query('discard all');
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query(
    'select funcid::text as oid, calls::int8 as calls from pg_catalog.pg_stat_user_functions',
  );
  for (const row of rows) calls.set(row.oid, (calls.get(row.oid) ?? 0) + Number(row.calls));
}

/** The state of each function, by what all files together called. */
export function judgeCoverage(functions: Tracked[], calls: Calls): CoveredFunction[] {
  return functions.map(({ oid, name, may_hide }) => {
    const seen = calls.get(oid);
    const unseen = may_hide ? 'not observable' : 'never';
    return {
      function: name,
      state: seen === undefined ? unseen : seen > 0 ? 'called' : 'raised',
      calls: seen ?? 0,
    };
  });
}

/** One line: how many functions are in which state. */
export function describeCoverage(functions: CoveredFunction[]): string {
  const count = (state: CoverageState) => functions.filter((one) => one.state === state).length;
  return (
    `coverage: ${count('called')} of ${functions.length} functions called · ${count('raised')} entered but ` +
    `raised · ${count('never')} never · ${count('not observable')} not observable`
  );
}
