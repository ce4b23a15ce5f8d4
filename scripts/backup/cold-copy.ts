import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, openTarget, withDatabase } from '../postgres/index.ts';
import type { Scope } from '../report/index.ts';
import { baseBackup } from './base-backup.ts';
import { withRoom } from './failure.ts';
import { DECRYPT, encryptTo } from './gpg.ts';
import type { Place } from './place.ts';
import { piped, quietly } from './program.ts';
import type { StoredFile } from './record.ts';
import type { Source } from './source.ts';
import { storeStream } from './store.ts';

/** Writes the whole cluster as one tar file into `folder`, encrypted where a key is given. */
export async function coldCopy(
  scope: Scope,
  url: string,
  folder: string,
  fingerprint: string | null,
): Promise<StoredFile> {
  const { tar, close } = await baseBackup(url);
  const encrypting = fingerprint ? piped(scope, (sh) => sh`exec gpg ${encryptTo(fingerprint)}`) : null;
  const file = join(folder, `cluster.tar${fingerprint ? '.gpg' : ''}`);
  try {
    return await withRoom(folder, () => storeStream(tar, file, encrypting));
  } finally {
    await close();
    encrypting?.kill();
  }
}

/**
 * Starts a stored cold copy as a second server, beside the one it was made of, and connects to the database
 * of the source in it. It is one more temporary server, except that what stands for initdb unpacks the copy:
 * so it runs as the same user, is swept after a kill -9 and ends with the scope like any other.
 */
export async function startCopy(
  source: Source,
  file: string,
  binaries: string,
  scope: Scope,
  log: (line: string) => void,
): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'iu-backup-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  scope.defer(remove);
  const initdb = join(binaries, 'initdb');
  await script(join(directory, 'postgres'), `exec '${join(binaries, 'postgres')}' "$@"`);
  await script(
    join(directory, 'initdb'),
    `[ "$1" = --version ] && exec '${initdb}' --version`,
    `mkdir -m 700 "$2" && exec tar -x -f '${join(directory, 'copy')}' -C "$2"`,
  );
  await quietly()`mkfifo -m 600 ${join(directory, 'copy')}`;
  // The user that runs the source's server runs this one too, and nobody else may read the copy.
  const { rows } = await source.client.query<{ data: string }>(
    "select current_setting('data_directory') as data",
  );
  const { uid, gid } = await stat(rows[0]!.data);
  for (const path of ['copy', '.']) await chown(join(directory, path), uid, gid);
  const copy = join(directory, 'copy');
  const feeding = piped(scope, (sh) =>
    file.endsWith('.gpg') ? sh`exec gpg ${DECRYPT} ${file} > ${copy}` : sh`exec cat ${file} > ${copy}`,
  );
  feeding.stdin.end();
  try {
    const server = await openTarget(`embedded:${directory}`, scope, log);
    const url = withDatabase(server.url, source.identity.database);
    const client = await connect(url, { application_name: 'iu backup' });
    const close = async () => {
      await client.end().catch(() => {});
      await server.close();
    };
    return { describe: 'a second server started on the copy', url, client, elsewhere: true, close };
  } finally {
    feeding.kill();
    await remove();
  }
}

async function script(path: string, ...lines: string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(path, 0o755);
}
