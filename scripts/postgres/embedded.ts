import { chown } from 'node:fs/promises';
import { IuError, type Scope } from '../report/index.ts';
import { findBinaries } from './binaries.ts';
import { Cluster } from './cluster.ts';
import {
  makeClusterDirectory,
  removeDirectory,
  removeDirectorySync,
  sweepClusters,
} from './cluster-directory.ts';
import { serverAccount } from './process.ts';
import type { Target } from './target.ts';
import { withDatabase } from './url.ts';

/**
 * Starts a temporary cluster on a unix socket, from `binaries` (a directory) or the npm package. Before
 * that, clusters whose owner is gone are swept. Throws IuError (exit usage): `unsupported_platform`,
 * `server_did_not_start` with the tail of its log, or the codes of findBinaries.
 */
export async function openEmbedded(
  binaries: string | undefined,
  scope: Scope,
  log: (line: string) => void,
): Promise<Target> {
  if (process.platform === 'win32') {
    throw new IuError('usage', {
      code: 'unsupported_platform',
      message: 'The embedded server uses a unix socket, which node-pg cannot open on Windows.',
      next: 'Run inside WSL, or name another target: container, or a URL.',
    });
  }
  await sweepClusters(log);
  const account = await serverAccount();
  const directory = await makeClusterDirectory(account);
  const cluster = new Cluster(directory, account);
  const close = async () => {
    await cluster.stop();
    await removeDirectory(directory);
  };
  // Registered before anything is put into the directory, so that an interrupted start leaves nothing.
  scope.deferSync(() => {
    cluster.kill();
    removeDirectorySync(directory);
  });
  scope.defer(close);
  if (account) await chown(directory, account.uid, account.gid);
  try {
    const found = await findBinaries(binaries, account, directory);
    await cluster.initialise(found);
    await cluster.start(found);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind: 'embedded',
    disposable: true,
    url: cluster.url,
    database: (name) => withDatabase(cluster.url, name),
    describe: () => `temporary server in ${directory} (removed at the end)`,
    close,
  };
}
