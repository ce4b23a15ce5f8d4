import type pg from 'pg';
import { type ProbeItem, reportProbe, runProbe, type Witness } from '../proof/index.ts';
import type { Finding } from '../report/index.ts';
import { loadParser, parseSqlBytes } from '../sql/index.ts';
import { sqlFile } from './sql-file.ts';
import type { Recorded } from './steps.ts';

/** A dry run of which nothing was to stay, and what the probe envelope saw of it. */
export interface Rehearsal {
  answer: Recorded;
  /** Docs: docs/iu-probe.md. */
  evidence: Omit<ProbeItem, 'file' | 'scenarios'>;
  /** One for everything that stayed, or that nobody can tell. */
  findings: Finding[];
}

/**
 * Makes the dry run of a run that is at the pause at SG_1 inside the probe envelope, its record included, and
 * rolls all of it back. `client` is an idle session, which is reset afterwards. Throws what the server says.
 * Its evidence is of this call, not of the one that is recorded later: that is the same function on the same rows.
 */
export async function rehearse(
  client: pg.Client,
  [run, actor, content]: [run: string, actor: string, content: Buffer | null],
  witness: Witness | string,
): Promise<Rehearsal> {
  await loadParser();
  const file = parseSqlBytes(Buffer.from(await sqlFile('rehearsal.sql')), 'the dry run');
  const ran = await runProbe(client, file, {
    witness,
    run: async ({ kind, text }) =>
      (await client.query(text, kind === 'SelectStmt' ? [run, actor, content] : undefined)).rows,
  });
  if (ran.error !== null) throw ran.error;
  // Behind a closed master gate no event takes an id: its residue is declared all the same.
  const { item, findings } = reportProbe(file, { ...ran, stale: [] }, []);
  const { file: _, scenarios: __, ...evidence } = item;
  const [{ answer }] = ran.rows as [{ answer: Recorded }];
  return { answer, evidence, findings };
}
