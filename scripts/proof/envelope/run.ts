import type pg from 'pg';
import { IuError } from '../../report/index.ts';
import { checkShape, type SqlFile, type Statement } from '../../sql/index.ts';
import { judge } from './close.ts';
import { reachOf } from './reach.ts';
import { notRun, type ProbeRun } from './result.ts';
import { type Looking, look, type State } from './state.ts';
import { outsideOf, runStatements } from './statements.ts';
import type { Witness, Witnessed } from './witness.ts';

export interface ProbeOptions {
  /** Runs one statement on the probe's client and returns its rows, or throws. */
  run(statement: Statement): Promise<unknown[]>;
  /** Who watches, or the reason why nobody does. */
  witness: Witness | string;
}

/**
 * Runs a probe inside the envelope on `client`, an idle session of the login it is for, and resets the session
 * afterwards (DISCARD ALL). A file that is not BEGIN … ROLLBACK is refused before a line runs.
 * Nobody needs to leave the database: what others do meanwhile is never taken for the probe's, and where
 * nobody can tell the verdict is inconclusive.
 * Throws IuError (blocked) when the state cannot be read for a lock, and what ends the connection; what a
 * statement throws is in `error`.
 */
export async function runProbe(client: pg.Client, file: SqlFile, options: ProbeOptions): Promise<ProbeRun> {
  const refusals = checkShape(file, 'probe');
  if (refusals.length > 0) return notRun(refusals);
  const reach = await reachOf(client);
  if (reach.mayTrack) await client.query("set track_functions = 'all'");
  const { witness } = options;
  const looking = {
    declared: (file.headers.Residue ?? []).map((value) => value.replace(/^sequence\s+/, '')),
    ignored: typeof witness === 'string' ? [] : [witness.pid],
    used: null,
  };
  if (typeof witness !== 'string') await witness.drain().catch(() => {});
  const before = await lookFirst(client, looking);
  const ran = await runStatements(client, file, options.run);
  const used = outsideOf(ran).length === 0 ? (ran.open?.relations ?? null) : null;
  // before the witness is drained: its marker is a commit too
  const after: State | Error = await look(client, { ...looking, used }, before).catch(
    (error: Error) => error,
  );
  const witnessed = typeof witness === 'string' ? witness : await drained(witness);
  const run = await judge(client, file, { before, after, ran, reach, witnessed });
  await client.query('discard all');
  return run;
}

async function lookFirst(client: pg.Client, looking: Looking): Promise<State> {
  try {
    return await look(client, looking);
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    const message = `the state before the probe cannot be read: ${(error as Error).message}`;
    const next = 'select * from pg_locks where not granted; run the probe again when its holder has ended';
    throw new IuError('blocked', { code: 'state_locked', message, next }, { cause: error });
  }
}

const drained = (witness: Witness): Promise<Witnessed | string> =>
  witness.drain().catch((error: Error) => `it was lost: ${error.message}`);
