import type { Finding } from '../../report/index.ts';
import type { Impact } from './impact.ts';
import type { AutonomousCommits } from './outside.ts';
import type { Residue } from './residue.ts';

/**
 * clean: nothing of what was looked at changed, but for residues that no writing transaction can do without.
 * leaked: `leaks` say what is left. committed: the transaction was not rolled back. refused: not run, `refusals`
 * say why. inconclusive: `missing` says which evidence.
 */
export type ProbeVerdict =
  | 'clean'
  | 'clean-with-declared-residue'
  | 'leaked'
  | 'committed'
  | 'refused'
  | 'inconclusive';

export interface ProbeRun {
  verdict: ProbeVerdict;
  /** The result rows of every statement, in order. */
  rows: unknown[];
  /** What `run` threw, or null: then the probe was broken off there, and the envelope closed all the same. */
  error: unknown;
  refusals: Finding[];
  /** Null when the probe failed: the server answers no question in a failed transaction. */
  impact: Impact | null;
  /** Everything it left behind, and of that what makes it unclean. */
  residues: Residue[];
  leaks: Residue[];
  /** Declared residues that were not there. */
  stale: string[];
  /** Why the verdict is, or would have been, inconclusive: one sentence each. */
  missing: string[];
  autonomousCommits: AutonomousCommits | null;
  /** What the login could do outside of its transaction. */
  reach: string[];
  /** Whether a witness watched, and why not. */
  witness: { watched: boolean; because: string };
  /** How many ids of serial and identity columns are gone. */
  idsConsumed: number;
  /** What nobody looked at, so that no verdict can be read as if it spoke of that. */
  notObserved: string[];
  /** The probe's transaction, or null where it never wrote or failed. */
  xid: string | null;
  /** What the server says became of it: aborted, committed, or null without an xid. */
  xactStatus: string | null;
}

/** A probe that was not run, for these reasons. */
export const notRun = (refusals: Finding[]): ProbeRun => ({
  verdict: 'refused',
  rows: [],
  error: null,
  refusals,
  impact: null,
  residues: [],
  leaks: [],
  stale: [],
  missing: [],
  autonomousCommits: null,
  reach: [],
  witness: { watched: false, because: 'the probe was not run' },
  idsConsumed: 0,
  notObserved: [],
  xid: null,
  xactStatus: null,
});
