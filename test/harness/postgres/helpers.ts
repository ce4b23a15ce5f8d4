import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openTarget, type Target } from '../../../scripts/postgres/index.ts';
import { startTime } from '../../../scripts/postgres/process.ts';
import { type ClosableScope, createScope, IuError, type Scope } from '../../../scripts/report/index.ts';

const INSTALLED_15 = '/usr/lib/postgresql/15/bin';

/** The servers every test runs on: 18 from npm, and 15 where it is installed. */
export const SPECS = ['embedded', ...(existsSync(INSTALLED_15) ? [`embedded:${INSTALLED_15}`] : [])];

/** A scope that the test closes; what must not be left behind goes with the process at the latest. */
export function testScope(): ClosableScope {
  const scope = createScope();
  const last = () => scope.closeSync();
  process.once('exit', last);
  scope.defer(() => void process.off('exit', last));
  return scope;
}

/** A server that the scope closes. */
export function open(spec: string, scope: Scope): Promise<Target> {
  return openTarget(spec, scope, () => {});
}

/** The same URL for another login. */
export function asUser(url: string, user: string, password?: string): string {
  return url.replace('//postgres@', `//${user}${password === undefined ? '' : `:${password}`}@`);
}

/** The IuError a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<IuError> {
  const error = await promise.then(
    () => expect.unreachable('it should have failed'),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(IuError);
  return error as IuError;
}

/** A directory of its own for clusters, so that no other test's sweep reaches them. */
export async function temporaryRoot(scope: Scope): Promise<string> {
  const root = await mkdtemp('/tmp/iu-test-');
  await chmod(root, 0o755);
  scope.defer(() => rm(root, { recursive: true, force: true }));
  return root;
}

const FIXTURE = 'test/harness/postgres/fixtures/hold-target.ts';
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Child {
  process: ChildProcess;
  /** The data directory its server reports. */
  ready: Promise<string>;
  /** The exit code, or the signal's name. */
  ended: Promise<number | string | null>;
}

/** Runs fixtures/hold-target.ts in a process (and process group) of its own, killed with the scope. */
export function startChild(scope: Scope, options: { mode?: string; root: string; checkout?: string }): Child {
  const { mode = 'wait', root, checkout = CHECKOUT } = options;
  const child = spawn(process.execPath, [join(checkout, FIXTURE), 'embedded', mode], {
    detached: true,
    env: { ...process.env, TMPDIR: root },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  scope.defer(() => void child.kill('SIGKILL'));
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    const listen = (data: Buffer) => {
      said += data;
      const [, directory] = /^ready (.+)$/m.exec(said) ?? [];
      if (directory) resolve(directory);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}:\n${said}`)));
  });
  ready.catch(() => {});
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, name) => resolve(code ?? name));
  });
  return { process: child, ready, ended };
}

/** The pid in a data directory's postmaster.pid. */
export async function postmasterPid(data: string): Promise<number> {
  return Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10);
}

/** Does the process exist (zombies aside)? */
export async function isAlive(pid: number): Promise<boolean> {
  return (await startTime(pid)) !== null;
}

/** A TCP port nothing listens on. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Listens on a free TCP port of this machine. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

/**
 * A stand-in for a pooler: passes everything on to the target's socket, but tells the client another
 * backend's pid in BackendKeyData. Returns its URL.
 */
export async function startPooler(target: Target, scope: Scope): Promise<string> {
  const socket = decodeURIComponent(/@([^:]+):/.exec(target.url)![1]!);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(join(socket, '.s.PGSQL.5432'));
    for (const side of [client, upstream]) open.add(side.on('error', () => {}));
    client.pipe(upstream);
    let held: Buffer | undefined = Buffer.alloc(0);
    upstream.on('data', (data) => {
      if (held === undefined) return void client.write(data);
      held = Buffer.concat([held, data]);
      if (!rewriteKeyData(held)) return;
      client.write(held);
      held = undefined;
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  const port = await listen(server);
  scope.defer(() => {
    for (const side of open) side.destroy();
    server.close();
  });
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** Changes the pid in the first BackendKeyData ('K') message; false while there is none. */
function rewriteKeyData(messages: Buffer): boolean {
  for (let at = 0; at + 9 <= messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    if (messages[at] !== 0x4b) continue;
    messages.writeInt32BE(messages.readInt32BE(at + 5) + 1_000_000, at + 5);
    return true;
  }
  return false;
}
