import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { $ } from 'zx';
import { IuError } from '../report/index.ts';
import { packagedBinaries, packageName } from './packaged.ts';
import { type Account, shellAs } from './process.ts';

/**
 * The directory with `initdb` and `postgres` that `account` can run: `wanted`, or else the npm package's. If
 * the package is out of the account's reach (a checkout under a 0700 home) it is copied into `scratch`.
 * Throws IuError (exit usage) `no_embedded_binaries` or `binaries_do_not_run`.
 */
export async function findBinaries(
  wanted: string | undefined,
  account: Account,
  scratch: string,
): Promise<string> {
  if (wanted !== undefined) {
    const failure = await tryRun(wanted, account, scratch);
    if (failure === null) return wanted;
    throw doesNotRun(
      wanted,
      failure,
      'Name the directory that contains initdb and postgres, open to every user.',
    );
  }
  const packaged = await packagedBinaries();
  if ((await tryRun(packaged, account, scratch)) === null) return packaged;
  // Tried rather than guessed from modes: ACLs, a umask of 077 and mount options count as well.
  const native = join(scratch, 'native');
  await cp(dirname(packaged), native, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    verbatimSymlinks: true,
  });
  if (account) await $({ quiet: true })`chown -R ${account.uid}:${account.gid} ${native}`;
  const copied = join(native, 'bin');
  const failure = await tryRun(copied, account, scratch);
  if (failure === null) return copied;
  throw doesNotRun(packaged, failure, `Run: npm rebuild ${packageName()}`);
}

async function tryRun(directory: string, account: Account, cwd: string): Promise<string | null> {
  const shell = shellAs(account, cwd);
  const { ok, stderr } =
    await shell`${join(directory, 'postgres')} --version && ${join(directory, 'initdb')} --version`;
  return ok ? null : stderr.trim();
}

function doesNotRun(directory: string, why: string, next: string): IuError {
  return new IuError('usage', {
    code: 'binaries_do_not_run',
    message: `The PostgreSQL binaries in ${directory} do not run here.`,
    detail: why,
    next,
  });
}
