import { rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { IuError, type Scope } from '../report/index.ts';

/** A backup being made: a folder of a temporary name until it is proven and complete. */
export interface Draft {
  folder: string;
  /** Gives it its name, in one step for all its files; from then on it is a backup. */
  finish(): Promise<string>;
  discard(): Promise<void>;
}

const HOST = hostname().replace(/[^\w.]/g, '_');
// .partial-<host>-<pid>-<name>: whose it is can be said after a kill -9.
const PARTIAL = /^\.partial-([\w.]+)-(\d+)-/;

/**
 * A folder for one backup of `database` in `out` (made if absent, mode 0700). What killed runs left there is
 * removed first and named to `log`. Throws IuError (usage) `no_such_folder` when `out` cannot be written.
 */
export async function openDraft(
  out: string,
  database: string,
  scope: Scope,
  log: (line: string) => void,
): Promise<Draft> {
  const stamp = new Date().toISOString().replace(/[-:.]/g, '');
  const name = `${database.replace(/\W/g, '_')}-${stamp}`;
  const folder = join(out, `.partial-${HOST}-${process.pid}-${name}`);
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(out, { recursive: true });
    await sweep(out, log);
    scope.defer(discard);
    scope.deferSync(() => rmSync(folder, { recursive: true, force: true }));
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const message = `nothing can be written to ${out}: ${(error as Error).message}`;
    throw new IuError('usage', { code: 'no_such_folder', message, next: 'give a folder with --out' });
  }
  return {
    folder,
    discard,
    async finish() {
      const final = join(out, name);
      await rename(folder, final);
      return final;
    },
  };
}

async function sweep(out: string, log: (line: string) => void): Promise<void> {
  for (const name of await readdir(out)) {
    const [, host, pid] = PARTIAL.exec(name) ?? [];
    if (pid === undefined || Number(pid) === process.pid) continue;
    const path = join(out, name);
    if (host !== HOST || isAlive(Number(pid))) {
      log(`left alone: ${path}, which process ${pid} on ${host} is writing or has left`);
    } else {
      await rm(path, { recursive: true, force: true });
      log(`removed ${path}, left by process ${pid}, which is gone: it was no complete backup`);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
