/** What ROLLBACK can leave behind, by kind (docs/iu-probe.md says of each how it is seen). */
export type ResidueClass =
  | 'sequence-gap'
  | 'sequence-moved'
  | 'session-lock'
  | 'prepared-statement'
  | 'prepared-transaction'
  | 'autonomous-commit'
  | 'file'
  | 'planner-hints'
  | 'physical'
  | 'signals'
  | 'settings'
  | 'large-objects'
  | 'subscriptions-slots'
  | 'committed';

/** One trace that a probe left behind. */
export interface Residue {
  class: ResidueClass;
  object: string;
  detail: string;
}

/** Reported, but no reason to call a probe unclean: no transaction that writes can do without. */
const HARMLESS: readonly ResidueClass[] = ['sequence-gap', 'planner-hints', 'physical'];

export const isHarmless = (residue: Residue): boolean => HARMLESS.includes(residue.class);

/** What was found so far: the probe's own residues, and what may be the probe's or somebody else's. */
export interface Found {
  residues: Residue[];
  unattributed: Residue[];
}

export const nothing = (): Found => ({ residues: [], unattributed: [] });
