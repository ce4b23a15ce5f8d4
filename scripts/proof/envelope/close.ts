import type pg from 'pg';
import type { SqlFile } from '../../sql/index.ts';
import { calls } from './intent.ts';
import { otherResidues } from './judge.ts';
import { type AutonomousCommits, autonomousCommits } from './outside.ts';
import type { Reach } from './reach.ts';
import { isHarmless, type Residue } from './residue.ts';
import { notRun, type ProbeRun, type ProbeVerdict } from './result.ts';
import { movedSequences } from './sequences.ts';
import type { State } from './state.ts';
import { outsideOf, type Ran } from './statements.ts';
import type { Witnessed } from './witness.ts';

/** All that was seen of one run. */
export interface Evidence {
  before: State;
  after: State | Error;
  ran: Ran;
  reach: Reach;
  witnessed: Witnessed | string;
}

/** Turns the evidence into the verdict, which is never better than it. */
export async function judge(client: pg.Client, file: SqlFile, evidence: Evidence): Promise<ProbeRun> {
  const { before, after, ran, reach, witnessed } = evidence;
  const xid = ran.open?.xid ?? null;
  const xactStatus = await fate(client, xid);
  const base = {
    ...notRun([]),
    rows: ran.rows,
    error: ran.error,
    impact: ran.open?.impact ?? null,
    reach: reach.ways,
    witness: {
      watched: typeof witnessed !== 'string',
      because: typeof witnessed === 'string' ? witnessed : 'a logical slot saw every commit of this database',
    },
    notObserved: unobserved(before, ran, reach),
    xid,
    xactStatus,
  };
  const committed: Residue[] =
    ran.ended !== null || (xid !== null && xactStatus !== 'aborted')
      ? [
          {
            class: 'committed',
            object: `transaction ${xid ?? 'unknown'}`,
            detail: ran.ended ?? `${xactStatus}`,
          },
        ]
      : [];
  if (after instanceof Error) {
    const missing = [`the state after the probe cannot be read: ${after.message}`];
    const verdict = committed.length > 0 ? 'committed' : 'inconclusive';
    return { ...base, verdict, residues: committed, leaks: committed, missing };
  }
  const alone = before.neighbours.size === 0;
  const outside = outsideOf(ran);
  const called = new Set(file.statements.flatMap(({ node }) => calls(node)));
  const sides = { before, after, open: ran.open, reach, witnessed, alone, intents: ran.intents, called };
  const used = ran.open && { ...ran.open, outside };
  const sequences = await movedSequences(client, before, after, used, alone);
  const others = otherResidues(sides);
  const commits = autonomousCommits({ ...sides, outside });
  const declared = new Set(before.declared.values());
  const unread = unreadSequences(before, ran);
  const admitted = unread.filter((object) => declared.has(object));
  const residues = [
    ...committed,
    ...sequences.residues,
    ...admitted.map(
      (object): Residue => ({
        class: 'sequence-moved',
        object,
        detail: 'the probe could move it; where it stands this login may not read',
      }),
    ),
    ...commits.residues,
    ...others.residues,
  ];
  const isDeclared = ({ class: kind, object }: Residue) => /^sequence-/.test(kind) && declared.has(object);
  const leaks = residues.filter((residue) => !isHarmless(residue) && !isDeclared(residue));
  const missing = missingEvidence(
    unread.filter((object) => !declared.has(object)),
    commits.autonomous,
    [...sequences.unattributed, ...commits.unattributed, ...others.unattributed],
  );
  return {
    ...base,
    verdict: verdictOf(committed, leaks, missing, residues.some(isDeclared)),
    residues,
    leaks,
    missing,
    stale: ran.error ? [] : staleOf(before, file, [...sequences.names, ...admitted]),
    autonomousCommits: commits.autonomous,
    idsConsumed: sequences.idsConsumed,
  };
}

function verdictOf(
  committed: Residue[],
  leaks: Residue[],
  missing: string[],
  declared: boolean,
): ProbeVerdict {
  if (committed.length > 0) return 'committed';
  if (leaks.length > 0) return 'leaked';
  if (missing.length > 0) return 'inconclusive';
  return declared ? 'clean-with-declared-residue' : 'clean';
}

/** The sequences that the probe used, or may have used, and this login may not read. */
function unreadSequences(before: State, ran: Ran): string[] {
  // of a probe that failed nobody knows which sequences it used
  const used = ran.open ? [...ran.open.sequences.values()] : null;
  return before.notObserved.flatMap((what) => {
    const [, name] = /^sequence (.*)$/s.exec(what) ?? [];
    return name && (used?.includes(name) ?? true) ? name : [];
  });
}

/** What keeps the evidence from being complete where a class of residue hangs on it. */
function missingEvidence(
  unread: string[],
  { verdict, because }: AutonomousCommits,
  unattributed: Residue[],
): string[] {
  return [
    ...(verdict === 'unknown' ? [`autonomous commits: ${because}`] : []),
    ...unattributed.map(
      ({ class: kind, object, detail }) => `${kind} ${object}: ${detail}; by the probe or by others`,
    ),
    ...unread.map(
      (name) => `sequence-moved: the probe could move sequence ${name}, which this login may not read`,
    ),
  ];
}

const staleOf = (before: State, file: SqlFile, moved: string[]): string[] =>
  (file.headers.Residue ?? []).filter((value) => {
    const name = before.declared.get(value.replace(/^sequence\s+/, ''));
    return name === undefined || !moved.includes(name);
  });

/** The server's own testimony about a transaction. */
async function fate(client: pg.Client, xid: string | null): Promise<string | null> {
  if (xid === null) return null;
  const { rows } = await client.query('select pg_catalog.pg_xact_status($1::text::xid8) as status', [xid]);
  return rows[0].status;
}

function unobserved(before: State, ran: Ran, reach: Reach): string[] {
  const functions = ran.open && ran.open.impact.functions === null;
  return [
    ...before.notObserved,
    ...before.catalogs.notObserved.map((name) => `catalog ${name}`),
    ...ran.notObserved,
    ...(functions ? ['functions reached (track_functions is not all)'] : []),
    ...(reach.commits ? ['other servers, and other databases of this one'] : []),
    ...(reach.ways.length > 0 ? ["files and programs that the probe's own statements do not name"] : []),
  ];
}
