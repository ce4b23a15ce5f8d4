import { differingCatalogs } from '../xmin/index.ts';
import type { Intent } from './intent.ts';
import type { Reach } from './reach.ts';
import { type Found, nothing, type Residue, type ResidueClass } from './residue.ts';
import { changes, type State } from './state.ts';
import type { Witnessed } from './witness.ts';

/**
 * Whether the probe committed anything outside of its own transaction. impossible: its login has no way to.
 * none: it has, and the witness saw nothing. seen: it did. unknown: evidence is missing.
 */
export interface AutonomousCommits {
  verdict: 'impossible' | 'none' | 'seen' | 'unknown';
  because: string;
}

export interface OutsideEvidence {
  before: State;
  after: State;
  reach: Reach;
  /** What the witness saw, or why there was none. */
  witnessed: Witnessed | string;
  /** What the probe used that reaches outside. */
  outside: readonly string[];
  /** Nobody else was connected to the database. */
  alone: boolean;
  intents: readonly Intent[];
}

const CLASS_OF: Record<string, ResidueClass> = {
  pg_largeobject: 'large-objects',
  pg_largeobject_metadata: 'large-objects',
  pg_subscription: 'subscriptions-slots',
  pg_subscription_rel: 'subscriptions-slots',
  pg_replication_origin: 'subscriptions-slots',
  pg_db_role_setting: 'settings',
};

/** Judges every commit of others that happened meanwhile: whose it was, or that nobody can tell. */
export function autonomousCommits(evidence: OutsideEvidence): Found & { autonomous: AutonomousCommits } {
  const { reach, witnessed, outside, alone } = evidence;
  const found = nothing();
  const judged = (verdict: AutonomousCommits['verdict'], because: string) => ({
    ...found,
    autonomous: { verdict, because },
  });
  const programs = evidence.intents.filter((intent) => intent.class === 'autonomous-commit') as Residue[];
  found.residues.push(...programs);
  if (!reach.commits && programs.length === 0) {
    return judged('impossible', 'the login has no way out of its transaction');
  }
  const seen = committedChanges(evidence);
  const own = alone && outside.length > 0 && seen.length > 0;
  (own ? found.residues : found.unattributed).push(...seen);
  found.unattributed.push(...unreadable(evidence));
  if (own) return judged('seen', `${outside.join(', ')}; nobody else was connected`);
  if (programs.length > 0) return judged('seen', 'a program ran outside of the transaction');
  if (typeof witnessed === 'string') {
    return judged('unknown', `reach (${reach.ways.join(', ')}) and no witness: ${witnessed}`);
  }
  if (found.unattributed.length > 0) {
    return judged('unknown', 'others committed meanwhile, and the probe could have done it through them');
  }
  if (outside.length > 0 && evidence.after.committed) {
    return judged('unknown', `${outside.join(', ')} was used, and somebody committed in another database`);
  }
  return judged('none', 'the witness saw no change that others committed');
}

/** What changed by commits, as far as it is told by the witness, the catalogs and unlogged tables. */
function committedChanges({ before, after, witnessed }: OutsideEvidence): Residue[] {
  const found: Residue[] = [];
  if (typeof witnessed !== 'string') {
    for (const { xid, relations } of witnessed.transactions) {
      const detail = `rows committed by transaction ${xid}`;
      found.push(...relations.map((object): Residue => ({ class: 'autonomous-commit', object, detail })));
    }
  }
  for (const catalog of differingCatalogs(before.catalogs, after.catalogs)) {
    const [from, to] = [before, after].map(({ catalogs }) => catalogs.catalogs.get(catalog)?.rows);
    const detail = `a committed change: ${from} rows before, ${to} after`;
    found.push({ class: CLASS_OF[catalog] ?? 'autonomous-commit', object: catalog, detail });
  }
  for (const { object } of changes(before.unlogged, after.unlogged)) {
    found.push({ class: 'autonomous-commit', object, detail: 'rows of an unlogged table committed' });
  }
  for (const { object, from } of changes(before.preparedTransactions, after.preparedTransactions)) {
    const detail = from === null ? 'prepared meanwhile' : 'ended meanwhile';
    found.push({ class: 'prepared-transaction', object, detail });
  }
  for (const { object, to } of changes(before.fileSettings, after.fileSettings)) {
    found.push({
      class: 'settings',
      object,
      detail: to === null ? 'taken out of the file' : 'written to the file',
    });
  }
  return found;
}

/** Commits that only a catalog or table could tell which this login may not read. */
function unreadable({ before, after }: OutsideEvidence): Residue[] {
  if (!after.committed) return [];
  return [
    ...before.catalogs.notObserved,
    ...after.notObserved.filter((what) => what.startsWith('unlogged')),
  ].map((object) => ({
    class: 'autonomous-commit',
    object,
    detail: 'others committed meanwhile, and this login may not read it',
  }));
}
