import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessPromise } from 'zx';
import { IuError } from '../report/index.ts';
import { connect } from './connect.ts';
import { isUnavailable } from './failure.ts';
import { type Account, shellAs, signal, until } from './process.ts';

const START_MS = 30_000;
const STOP_MS = 5_000;

/** No durability: the cluster ends with the run. The rest is what the proofs need (witness, coverage). */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'logical',
  track_functions: 'all',
  max_prepared_transactions: '10',
  max_connections: '100',
  // A count of all tables locks all of them: room for thousands.
  max_locks_per_transaction: '1024',
  shared_buffers: '64MB',
};

/** A server in `directory`: data/, server.log and the socket. Ended by stop() or kill(). */
export class Cluster {
  /** Connection string of database postgres. */
  readonly url: string;
  readonly #directory: string;
  readonly #account: Account;
  #running: ProcessPromise | undefined;
  #closed = false;

  constructor(directory: string, account: Account) {
    this.#directory = directory;
    this.#account = account;
    // Port and sslmode stand here so that PGPORT and PGSSLMODE of the environment are not asked.
    this.url = `postgresql://postgres@${encodeURIComponent(directory)}:5432/postgres?sslmode=disable`;
  }

  /** Makes data/ with initdb. Throws IuError `server_did_not_start` (exit usage) with what initdb said. */
  async initialise(binaries: string): Promise<void> {
    // macOS before 14 has no C.UTF-8; C sorts alike.
    for (const locale of ['C.UTF-8', 'C']) {
      const options = [
        '--auth=trust',
        '--encoding=UTF8',
        '--username=postgres',
        '--no-sync',
        '--no-instructions',
      ];
      const shell = shellAs(this.#account, this.#directory);
      const made = await this.#run(
        () => shell`exec ${join(binaries, 'initdb')} -D ${this.#data} ${options} --locale=${locale}`,
      );
      if (made.ok) return;
      if (locale === 'C' || !/locale/.test(made.stderr)) throw didNotStart('(initdb failed)', made.stderr);
    }
  }

  /**
   * Starts the server on data/ and waits until it answers. Throws IuError `server_did_not_start` (exit
   * usage) with the last lines of the server's log, after 30 s at the latest.
   */
  async start(binaries: string): Promise<void> {
    const log = join(this.#directory, 'server.log');
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: this.#directory }).flatMap(
      ([name, value]) => ['-c', `${name}=${value}`],
    );
    // exec, so that the child is the postmaster itself and not a shell around it.
    const shell = shellAs(this.#account, this.#directory, { stdio: 'ignore' });
    const server = this.#run(
      () => shell`exec ${join(binaries, 'postgres')} -D ${this.#data} ${settings} >> ${log} 2>&1`,
    );
    // A caller that ends without closing is not held up by the server; the scope's deferSync stops it.
    server.child?.unref();
    if (await this.#isReady(server)) return;
    throw didNotStart(
      hasEnded(server.child!) ? '(it ended)' : `in ${START_MS / 1000} s`,
      await readFile(log, 'utf8').catch(() => ''),
    );
  }

  /** Stops the server and waits for it: fast shutdown, then immediate after 5 s, then SIGKILL. */
  async stop(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child === undefined) return;
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      signalChild(child, name);
      if (await until(() => hasEnded(child), STOP_MS)) return;
    }
  }

  /** Immediate shutdown without waiting, for process 'exit'. */
  kill(): void {
    this.#closed = true;
    if (this.#child) signalChild(this.#child, 'SIGQUIT');
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  get #child(): ChildProcess | undefined {
    return this.#running?.child;
  }

  #run(program: () => ProcessPromise): ProcessPromise {
    // An interrupt may come between two programs; none may start after it.
    if (this.#closed) throw didNotStart('(it was stopped while starting)', '');
    this.#running = program();
    return this.#running;
  }

  async #isReady(server: ProcessPromise): Promise<boolean> {
    const child = server.child!;
    const deadline = performance.now() + START_MS;
    while (!hasEnded(child) && performance.now() < deadline) {
      try {
        await (await connect(this.url, { connectionTimeoutMillis: 1_000 })).end();
        return true;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
      }
      await sleep(10);
    }
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalChild(child: ChildProcess, name: NodeJS.Signals): void {
  // Once it has ended its pid may be another's.
  if (!hasEnded(child) && child.pid !== undefined) signal(child.pid, name);
}

function didNotStart(how: string, log: string): IuError {
  return new IuError('usage', {
    code: 'server_did_not_start',
    message: `The temporary PostgreSQL server did not start ${how}.`,
    detail: log.trimEnd().split('\n').slice(-15).join('\n'),
    next: 'The last lines of its log say why; a full disk or no shared memory are the usual causes.',
  });
}
