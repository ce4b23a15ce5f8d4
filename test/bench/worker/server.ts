import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { $ } from 'zx';
import { connect, packagedBinaries } from '../../../scripts/postgres/index.ts';
import { serverAccount, shellAs } from '../../../scripts/postgres/process.ts';
import type { Scope } from '../../../scripts/report/index.ts';

/** What the cluster runs with, recorded verbatim with the figures; everything else as initdb leaves it. */
export const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  max_connections: '100',
  track_commit_timestamp: 'on',
  listen_addresses: '',
};

/** A cluster on the disk of $TMPDIR that keeps what it commits: the embedded target of iu does not (fsync off). */
export async function durableServer(scope: Scope, binaries?: string): Promise<string> {
  const bin = binaries ?? (await packagedBinaries());
  const account = await serverAccount();
  const directory = await mkdtemp(join(tmpdir(), 'iu-bench-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  if (account) await $`chown ${account.uid}:${account.gid} ${directory}`;
  const shell = shellAs(account, directory);
  const data = join(directory, 'data');
  const made =
    await shell`${bin}/initdb -D ${data} --auth=trust --username=postgres --encoding=UTF8 --locale=C.UTF-8`;
  if (!made.ok) throw new Error(made.stderr);
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: directory }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  const server = shell`exec ${bin}/postgres -D ${data} ${settings} > ${directory}/log 2>&1`;
  scope.defer(async () => {
    server.child?.kill('SIGINT');
    await server;
  });
  const url = `postgresql://postgres@${encodeURIComponent(directory)}:5432/postgres?sslmode=disable`;
  for (let tries = 0; ; tries += 1) {
    try {
      await (await connect(url)).end();
      return url;
    } catch (error) {
      if (tries > 300) throw error;
      await sleep(100);
    }
  }
}

/** The socket's folder of a URL, for programs that take -h. */
export const socketOf = (url: string): string => decodeURIComponent(/@([^:]+):/.exec(url)![1]!);
