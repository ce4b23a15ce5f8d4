import { join } from 'node:path';
import type { FactChange } from '../proof/index.ts';
import { IuError, type Scope } from '../report/index.ts';
import { forgiven } from './compare.ts';
import type { Program } from './find.ts';
import type { KeyTest } from './gpg.ts';
import { type Place, scratchDatabase, temporaryServer } from './place.ts';
import { type RestoreProblem, restore } from './restore.ts';
import { diffRoles, type Roles, roleFacts } from './roles.ts';
import { majorOf, type Source } from './source.ts';
import {
  differences,
  readSequences,
  readState,
  type Sequences,
  type State,
  sequenceDifferences,
} from './state.ts';

/** What came of restoring a backup: proven, or not and why, or proven wrong by these facts. */
export interface Proof {
  restoredOn: string | null;
  why: string | null;
  facts: FactChange[];
}

/** What the source was while it was dumped. */
export interface Seen {
  state: State;
  sequences: { before: Sequences; after: Sequences };
}

const unproven = (why: string): Proof => ({ restoredOn: null, why, facts: [] });

/**
 * Restores a stored dump on a temporary server or, where there is none of that version, into a scratch
 * database of the source's own server, and compares all of it with what was seen. Both are gone afterwards.
 * Throws IuError (finding) `does_not_restore`.
 */
export async function proveDump(
  source: Source,
  seen: Seen,
  stored: { folder: string; file: string },
  pgDump: Program,
  roles: Roles,
  key: KeyTest | null,
  first: string[],
  scope: Scope,
  log: (line: string) => void,
): Promise<Proof> {
  if (key && !key.decrypts) {
    return unproven(
      `the secret key of ${key.fingerprint} is not usable on this machine, so the stored file cannot be read ` +
        'back; its contents were listed before they were encrypted',
    );
  }
  const place =
    (await temporaryServer(source, roles, scope, first, log)) ?? (await scratchDatabase(source, scope));
  if (!place) {
    const major = majorOf(source.identity);
    return unproven(
      `there is nowhere to restore it: no server programs of PostgreSQL ${major} (with its extensions) on this ` +
        'machine, and this login may not create a database on the target',
    );
  }
  try {
    const problem = await restore(scope, pgDump, join(stored.folder, stored.file), place.url);
    if (problem) return unproven(why(problem, place));
    return await compare(source, seen, place, roles);
  } finally {
    await place.close();
  }
}

function why(problem: NonNullable<RestoreProblem>, place: Place): string {
  if (problem.why === 'room')
    return `there is no room to restore it on ${place.describe}:\n${problem.detail}`;
  if (problem.why === 'rights')
    return `this login may not restore all of it on ${place.describe}:\n${problem.detail}`;
  throw new IuError('finding', {
    code: 'does_not_restore',
    message: `the backup does not restore on ${place.describe}; it is removed`,
    next: 'mend what pg_restore says, and run this again',
    detail: problem.detail,
  });
}

/** Compares a restored database with what was seen of the source. */
export async function compare(source: Source, seen: Seen, place: Place, roles: Roles): Promise<Proof> {
  const copy = await readState(place.client);
  const { before, after } = seen.sequences;
  const facts = [
    ...differences(seen.state, copy).filter((fact) => !forgiven(fact)),
    ...sequenceDifferences(before, after, await readSequences(place.client)),
  ];
  if (place.elsewhere) {
    const names = roles.names.filter((name) => name !== roles.bootstrap);
    facts.push(...diffRoles(await roleFacts(source.client, names), await roleFacts(place.client, names)));
  }
  if (facts.length > 0) return { restoredOn: place.describe, why: null, facts };
  if (seen.state.unmodelled.length > 0) {
    return unproven(
      `it was restored on ${place.describe}, but no comparison speaks of ${seen.state.unmodelled.join(', ')}`,
    );
  }
  return { restoredOn: place.describe, why: null, facts: [] };
}
