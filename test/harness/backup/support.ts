import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Database, freshDatabase, login, query } from '../support/index.ts';
import type { TestServer } from '../support/servers.ts';

/** Where Debian has the programs of PostgreSQL 15, which the fakes of these tests stand before. */
export const REAL = '/usr/lib/postgresql/15/bin';

const ODD = readFileSync(new URL('./odd.sql', import.meta.url), 'utf8');

/** A folder of the calling test's own, open to the user that runs temporary servers. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'iu-b-'));
  chmodSync(made, 0o755);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A database with one of everything, and roles of its own. */
export async function oddDatabase(server: TestServer): Promise<Database & { reader: string }> {
  const database = await freshDatabase(server);
  const [reader, editor, owner] = [
    await login(server, database, ''),
    await login(server, database, ''),
    await login(server, database, 'createrole'),
  ];
  await query(
    database.url,
    `grant ${reader.name} to ${editor.name}; alter role ${owner.name} set search_path = a, "B c"`,
  );
  const names: Record<string, string> = {
    reader: reader.name,
    editor: editor.name,
    owner: owner.name,
    database: database.name,
  };
  await query(
    database.url,
    ODD.replace(/(?<!:):(reader|editor|owner|database)\b/g, (_, name) => names[name]!),
  );
  return { ...database, reader: reader.name };
}

/** A folder with executable shell scripts, to stand first on the PATH; `real` is what they hide. */
export function fakes(scripts: Record<string, string>): { PATH: string } {
  const directory = folder();
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return { PATH: `${directory}:${process.env.PATH}` };
}

/** pg_dump and pg_restore of 15, one of them with something added; the other as it is. */
export function tampered(scripts: { pg_dump?: string; pg_restore?: string }): { PATH: string } {
  const plain = (name: string) => `exec ${REAL}/${name} "$@"`;
  return fakes({ pg_dump: plain('pg_dump'), pg_restore: plain('pg_restore'), ...scripts });
}

/** A script that runs the real pg_restore and then a statement in the database it restored into. */
export const restoreThen = (sql: string): string =>
  `${REAL}/pg_restore "$@" || exit
for a; do case "$a" in --dbname=*) ${REAL}/psql -X -q "\${a#--dbname=}" -c "${sql}" ;; esac; done`;

/** Every file below `directory`, hidden ones too. */
export function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The files below `directory` that hold `text`; what vanishes meanwhile is left out. */
export function holding(directory: string, text: string): string[] {
  // grep ends with 1 where there is none, and with 2 where a file went away under it.
  const { stdout } = spawnSync('grep', ['-rlsaF', text, directory], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Whether gpg is here; says so where it is not. */
export function hasGpg(): boolean {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write('gpg is not installed: the tests of encrypted backups are left out\n');
    return false;
  }
}

/** A keyring of the calling test's own with one key; `expired`: it was valid in 2020. */
export function keyring(kind: 'whole' | 'expired' | 'signs only' = 'whole'): {
  GNUPGHOME: string;
  fpr: string;
} {
  const GNUPGHOME = mkdtempSync(join(tmpdir(), 'iu-g-'));
  const env = { ...process.env, GNUPGHOME };
  const gpg = (...args: string[]) =>
    execFileSync('gpg', ['--batch', '--quiet', ...args], { env, stdio: 'pipe' });
  onTestFinished(() => {
    execFileSync('gpgconf', ['--kill', 'gpg-agent'], { env, stdio: 'ignore' });
    rmSync(GNUPGHOME, { recursive: true, force: true });
  });
  const then = kind === 'expired' ? ['--faked-system-time', '20200101T000000'] : [];
  const until = kind === 'expired' ? '1d' : 'never';
  const make = [...then, '--passphrase', '', '--pinentry-mode', 'loopback'];
  gpg(...make, '--quick-generate-key', 'Backup Test', 'ed25519', 'cert', until);
  const listed = gpg('--with-colons', '--list-keys').toString();
  const fpr = /^fpr:+([0-9A-F]{40}):/m.exec(listed)![1]!;
  gpg(
    ...make,
    '--quick-add-key',
    fpr,
    kind === 'signs only' ? 'ed25519' : 'cv25519',
    kind === 'signs only' ? 'sign' : 'encr',
    until,
  );
  return { GNUPGHOME, fpr };
}

/** A keyring that has only the public part of a key. */
export function publicOnly(from: { GNUPGHOME: string; fpr: string }): { GNUPGHOME: string } {
  const GNUPGHOME = mkdtempSync(join(tmpdir(), 'iu-g-'));
  onTestFinished(() => rmSync(GNUPGHOME, { recursive: true, force: true }));
  const input = execFileSync('gpg', ['--batch', '--export', from.fpr], {
    env: { ...process.env, GNUPGHOME: from.GNUPGHOME },
  });
  execFileSync('gpg', ['--batch', '--quiet', '--import'], {
    input,
    env: { ...process.env, GNUPGHOME },
    stdio: 'pipe',
  });
  return { GNUPGHOME };
}
