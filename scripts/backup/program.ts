import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { $, type ProcessOutput, type ProcessPromise, type Shell } from 'zx';
import type { Scope } from '../report/index.ts';

/** A running program whose input and output are streams of ours. */
export interface Piped {
  stdin: Writable;
  stdout: Readable;
  /** Its end, however it ended; standard error is kept, standard output is not. */
  ended: Promise<ProcessOutput>;
  kill(): void;
}

const options = (env: Record<string, string>) => ({
  nothrow: true,
  quiet: true,
  env: { ...process.env, LC_ALL: 'C', ...env },
});

/** zx's `$` for a short program that may fail: its output is collected. */
export const quietly = (env: Record<string, string> = {}): Shell => $(options(env));

/**
 * Starts one program (`exec …`) with its streams in our hands, and ends it with the scope. zx collects what a
 * program prints, which for a dump would be all of it: so the streams are taken before it can listen to them.
 */
export function piped(
  scope: Scope,
  program: (shell: Shell) => ProcessPromise,
  env: Record<string, string> = {},
): Piped {
  let child: ChildProcess | undefined;
  let streams: { stdin: Writable; stdout: Readable } | undefined;
  const take = (command: string, args: string[], given: SpawnOptions) => {
    child = spawn(command, args, { ...given, stdio: ['pipe', 'pipe', 'pipe'] });
    streams = { stdin: child.stdin!, stdout: child.stdout! };
    child.stdin = null;
    child.stdout = null;
    return child;
  };
  const running = program($({ ...options(env), spawn: take as typeof spawn }));
  const kill = () => void child?.kill('SIGKILL');
  scope.defer(kill);
  scope.deferSync(kill);
  // Who stops reading early (pg_restore --list) breaks our pipe; its own end says whether that was right.
  streams!.stdin.on('error', () => {});
  return { ...streams!, ended: Promise.resolve(running), kill };
}
