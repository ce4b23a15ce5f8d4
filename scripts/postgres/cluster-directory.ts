import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { IuError } from '../report/index.ts';
import { type Account, commandLine, signal, startTime, until } from './process.ts';

// iu-pg-<owner's pid>-<owner's start time>-<random>: who owns a directory is known from the moment it
// exists, and a new process that got an old pid is not taken for the owner.
const NAME = /^iu-pg-(\d+)-(\w+)-\w+$/;

/** The socket's file name has to fit into sockaddr_un: 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET = 100;
const EXAMPLE = 'iu-pg-4194304-99999999999-XXXXXX/.s.PGSQL.5432';

/** Linux's directory in memory: a clone of a database there takes a fraction of the time it takes on a disk. */
const MEMORY = '/dev/shm';
const TMPFS = 0x01021994;
const ENOUGH = 8 * 2 ** 30;

/**
 * Makes the directory of a new cluster, mode 0700: in memory where there is plenty of it, unless $TMPDIR says
 * where; else in the temporary directory or, where that is too long for a socket or out of the server
 * account's reach, under /tmp. Not chowned. Throws IuError `no_temporary_directory`.
 */
export async function makeClusterDirectory(account: Account): Promise<string> {
  const owner = `iu-pg-${process.pid}-${await startTime(process.pid)}-`;
  const inMemory = !process.env.TMPDIR && (await isRoomy(MEMORY)) ? [MEMORY] : [];
  for (const root of [...inMemory, ...roots()]) {
    if (!(await fits(root, account))) continue;
    try {
      return mkdtempSync(join(root, owner));
    } catch {
      // Not writable: the next one.
    }
  }
  throw new IuError('usage', {
    code: 'no_temporary_directory',
    message: `No directory for a temporary server: tried ${roots().join(' and ')} (writable, short, open to the user that runs the server).`,
    next: 'Set TMPDIR to a short path that every user may enter.',
  });
}

/**
 * Removes the clusters whose owner is gone (after a kill -9, say): stops the server that still runs in such
 * a directory, then deletes it. One line each to `log`. Two sweepers at once do no harm. What belongs to
 * another user and cannot be removed stays, without a word.
 */
export async function sweepClusters(log: (line: string) => void): Promise<void> {
  for (const root of [MEMORY, ...roots()]) {
    const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const [, pid, start] = NAME.exec(entry.name) ?? [];
      if (!entry.isDirectory() || pid === undefined) continue;
      // Asked again for each: it may have ended since the directory was read.
      if ((await startTime(Number(pid))) === start) continue;
      const directory = join(root, entry.name);
      const stopped = await stopOrphan(directory);
      if ((await answers(directory)) || !(await removeDirectory(directory))) continue;
      log(
        `Removed the temporary cluster ${directory}, left by process ${pid}, which is gone` +
          (stopped ? ` (its server, pid ${stopped}, was still running).` : '.'),
      );
    }
  }
}

/** Deletes a directory that a dying server may still write into; false when it could not be. */
export async function removeDirectory(directory: string): Promise<boolean> {
  let code: string | undefined;
  await until(async () => {
    code = await rm(directory, { recursive: true, force: true }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    // Anything else comes from somebody who still writes or deletes there.
    return !existsSync(directory) || code === 'EPERM' || code === 'EACCES';
  }, 5_000);
  return !existsSync(directory);
}

/** The same in process 'exit': for a second at most, and without a word; the next start sweeps the rest. */
export function removeDirectorySync(directory: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 50 && existsSync(directory); tries++) {
    try {
      // It can also return without an error and leave what was written meanwhile.
      rmSync(directory, { recursive: true, force: true });
    } catch {}
    Atomics.wait(pause, 0, 0, tries === 0 ? 0 : 20);
  }
}

/** The pid of the postmaster that runs in a cluster's directory; null when none does. */
export async function postmasterOf(directory: string): Promise<number | null> {
  const file = await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(file, 10);
  // The file may be stale and its pid reused, so the process itself has to name this very directory.
  return pid > 1 && (await commandLine(pid)).includes(join(directory, 'data')) ? pid : null;
}

async function stopOrphan(directory: string): Promise<number | null> {
  const pid = await postmasterOf(directory);
  if (pid === null) return null;
  const gone = async () => !(await commandLine(pid)).includes(directory);
  signal(pid, 'SIGQUIT');
  if (!(await until(gone, 5_000))) {
    signal(pid, 'SIGKILL');
    await until(gone, 5_000);
  }
  return pid;
}

/** Does a server listen there that is none of our processes (one of a container that shares /tmp)? */
function answers(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(join(directory, '.s.PGSQL.5432'));
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function roots(): string[] {
  return [...new Set([tmpdir(), '/tmp'])];
}

/** Is it a tmpfs with room, on a machine with memory to spare? A container often has 64 MB there. */
async function isRoomy(root: string): Promise<boolean> {
  const found = await statfs(root).catch(() => null);
  return found?.type === TMPFS && found.bavail * found.bsize >= ENOUGH && freemem() >= ENOUGH;
}

async function fits(root: string, account: Account): Promise<boolean> {
  // The server's list of socket directories is comma-separated, and may be quoted: plain names only.
  if (Buffer.byteLength(join(root, EXAMPLE)) > LONGEST_SOCKET || !/^[\w/.+-]+$/.test(root)) return false;
  if (account === undefined) return true;
  for (let path = root; path !== '/'; path = join(path, '..')) {
    const mode = (await stat(path).catch(() => null))?.mode ?? 0;
    if ((mode & 0o001) === 0) return false;
  }
  return true;
}
