import { type SpawnOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { $, type Options, type Shell } from 'zx';
import { IuError } from '../report/index.ts';

/** The user a server runs as; undefined: as ourselves. */
export type Account = { uid: number; gid: number } | undefined;

/**
 * Who runs the server: ourselves, or for root, which initdb and postgres refuse, nobody (65534) or else
 * postgres. Throws IuError `no_account` (exit usage) when root finds neither in the user database.
 */
export async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  // initdb looks its own user up by uid, so one without an entry is of no use.
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([, , uid]) => uid === '65534') ?? users.find(([name]) => name === 'postgres');
  if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  throw new IuError('usage', {
    code: 'no_account',
    message:
      'PostgreSQL does not run as root, and there is neither a user 65534 (nobody) nor a user postgres.',
    next: 'Run as another user, or add one: useradd --system postgres',
  });
}

/**
 * zx's `$` for a server program: run by `account`, from `cwd`, in a process group of its own (so that
 * Ctrl-C reaches us first), without the PG* variables and the locale of our own environment.
 */
export function shellAs(account: Account, cwd: string, options: Partial<Options> = {}): Shell {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(PG|LC_|LANG)/.test(key)));
  return $({
    cwd,
    env: { ...env, LC_ALL: 'C', TZ: 'UTC' },
    nothrow: true,
    quiet: true,
    spawn: ((command: string, args: string[], options: SpawnOptions) =>
      spawn(command, args, { ...options, ...account, detached: true })) as typeof spawn,
    ...options,
  });
}

/**
 * When a process started, as a short word that differs between two processes that had the same pid (clock
 * ticks since boot on Linux, seconds elsewhere); null when there is no such process.
 */
export async function startTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // Fields 3 and 22, counted after the command's name, which may itself contain spaces and brackets.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    // A zombie that nobody reaps (a container without an init) owns nothing any more.
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  }
  const { stdout } = await $({
    nothrow: true,
    quiet: true,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  })`ps -o lstart= -p ${pid}`;
  const at = Date.parse(`${stdout.trim()} UTC`);
  return Number.isNaN(at) ? null : String(at / 1000);
}

/** The command line of a process, '' when there is none or it may not be seen. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return text.replaceAll('\0', ' ');
  }
  return (await $({ nothrow: true, quiet: true })`ps -o command= -p ${pid}`).stdout;
}

/** Sends a signal; false when there is no such process (or it is not ours to signal). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Asks `condition` every few milliseconds until it holds; false after `ms` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}
