import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Scope } from '../report/index.ts';
import { IuError } from '../report/index.ts';
import { dumpFailure, tail, withRoom } from './failure.ts';
import { forLibpq, type Program } from './find.ts';
import { encryptTo } from './gpg.ts';
import { piped } from './program.ts';
import type { StoredFile } from './record.ts';
import { storeStream, tee } from './store.ts';

export interface Dumped extends StoredFile {
  /** Entries of the table of contents, as pg_restore --list read it. */
  entries: number;
}

/**
 * Dumps the database of `url` in pg_dump's custom format under `snapshot` into `folder`, encrypted if a key
 * is given: then it is never on disk in the clear. Its table of contents is read by pg_restore --list from
 * the stream itself, before any encryption. Throws the refusals of failure.ts, or `not_listed` (finding).
 */
export async function dump(
  scope: Scope,
  pgDump: Program,
  url: string,
  snapshot: string,
  folder: string,
  fingerprint: string | null,
): Promise<Dumped> {
  const { dbname, env } = forLibpq(url);
  const program = join(pgDump.directory, 'pg_dump');
  const options = ['--format=custom', '--no-password', '--lock-wait-timeout=60000', `--snapshot=${snapshot}`];
  const dumping = piped(scope, (sh) => sh`exec ${program} ${options} --dbname=${dbname}`, env);
  const listing = piped(scope, (sh) => sh`exec ${join(pgDump.directory, 'pg_restore')} --list`);
  const encrypting = fingerprint ? piped(scope, (sh) => sh`exec gpg ${encryptTo(fingerprint)}`) : null;
  const file = join(folder, `database.dump${fingerprint ? '.gpg' : ''}`);
  const entries = countEntries(listing.stdout);
  try {
    const stored = await withRoom(folder, () =>
      storeStream(dumping.stdout.pipe(tee(listing.stdin)), file, encrypting),
    );
    const made = await dumping.ended;
    if (made.exitCode !== 0) throw dumpFailure(made.stderr);
    const listed = await listing.ended;
    if (listed.exitCode !== 0) throw notListed(listed.stderr);
    return { ...stored, entries: await entries };
  } finally {
    for (const one of [dumping, listing, encrypting]) one?.kill();
  }
}

/** Lines of a table of contents that name an entry; the others are comments. */
async function countEntries(list: Readable): Promise<number> {
  let count = 0;
  let rest = '';
  for await (const chunk of list) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop()!;
    count += lines.filter((line) => /^\d+;/.test(line)).length;
  }
  return count;
}

function notListed(stderr: string): IuError {
  return new IuError('finding', {
    code: 'not_listed',
    message: 'pg_restore cannot read what pg_dump wrote: it is no backup, and is removed',
    next: 'see that pg_dump and pg_restore are of one version, and run this again',
    detail: tail(stderr),
  });
}
