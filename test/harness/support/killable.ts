import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx';
import { Cluster } from '../../../scripts/postgres/cluster.ts';
import { postmasterOf } from '../../../scripts/postgres/cluster-directory.ts';
import { packagedBinaries } from '../../../scripts/postgres/index.ts';
import { type Account, serverAccount, startTime } from '../../../scripts/postgres/process.ts';
import { until } from './until.ts';

/** Takes a cleanup that is to run at the end: onTestFinished, say. */
type Defer = (cleanup: () => Promise<void>) => void;

/** A server of the calling test's own, that may be killed, started again, and copied while it is down. */
export interface Killable {
  url: string;
  /** kill -9 of the postmaster; returns when it and all its backends are gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A second server on a copy of its files as they are: it must be down, or the copy is none. */
  copy(defer: Defer): Promise<Killable>;
  /** A second server on a pg_basebackup of it as it runs; its binaries need that program. */
  backup(defer: Defer): Promise<Killable>;
}

async function place(account: Account): Promise<string> {
  // In memory where there is such a thing: a kill -9 of processes loses nothing that was written.
  const root = existsSync('/dev/shm') && !process.env.TMPDIR ? '/dev/shm' : '/tmp';
  const directory = await mkdtemp(join(root, 'iu-killed-'));
  await chmod(directory, 0o700);
  if (account) await chown(directory, account.uid, account.gid);
  return directory;
}

/** A new one; `defer` gets what removes it. */
export async function killable(defer: Defer, binaries?: string): Promise<Killable> {
  const account = await serverAccount();
  const directory = await place(account);
  const found = binaries ?? (await packagedBinaries());
  await new Cluster(directory, account).initialise(found);
  return running(directory, found, account, defer);
}

async function running(
  directory: string,
  binaries: string,
  account: Account,
  defer: Defer,
): Promise<Killable> {
  let cluster = new Cluster(directory, account);
  const stop = () => cluster.stop();
  defer(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  const start = async () => {
    cluster = new Cluster(directory, account);
    await cluster.start(binaries);
  };
  await start();
  return {
    url: cluster.url,
    start,
    stop,
    async kill() {
      const pid = (await postmasterOf(directory))!;
      const backends = await childrenOf(pid);
      process.kill(pid, 'SIGKILL');
      for (const one of [pid, ...backends]) {
        await until(`process ${one} to be gone`, async () => (await startTime(one)) === null);
      }
    },
    async copy(defer) {
      const other = await place(account);
      await $({ quiet: true })`cp -a ${join(directory, 'data')} ${join(other, 'data')}`;
      await rm(join(other, 'data/postmaster.pid'), { force: true });
      return running(other, binaries, account, defer);
    },
    async backup(defer) {
      const other = await place(account);
      const data = join(other, 'data');
      await $({ quiet: true })`${binaries}/pg_basebackup -d ${cluster.url} -D ${data} -c fast -X stream`;
      if (account) await $({ quiet: true })`chown -R ${account.uid}:${account.gid} ${data}`;
      return running(other, binaries, account, defer);
    },
  };
}

/** The backends of a postmaster. */
async function childrenOf(postmaster: number): Promise<number[]> {
  const { stdout } = await $({ quiet: true })`ps -A -o pid=,ppid=`;
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (parent === postmaster ? [pid!] : []));
}
