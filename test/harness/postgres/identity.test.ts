import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBinaries } from '../../../scripts/postgres/binaries.ts';
import { Cluster } from '../../../scripts/postgres/cluster.ts';
import { makeClusterDirectory } from '../../../scripts/postgres/cluster-directory.ts';
import {
  assertSupported,
  assertWritable,
  connect,
  describeIdentity,
  identify,
  type Target,
  withConnection,
} from '../../../scripts/postgres/index.ts';
import { serverAccount, shellAs } from '../../../scripts/postgres/process.ts';
import { ARTICLES, iu, makeProject } from '../support/index.ts';
import { asUser, failureOf, open, SPECS, startPooler, testScope } from './helpers.ts';

const scope = testScope();
afterAll(() => scope.close());

const refusal = (work: () => void) => failureOf((async () => work())());

describe.each(SPECS)('%s', (spec) => {
  let target: Target;
  beforeAll(async () => {
    target = await open(spec, scope);
    await withConnection(target.url, async (admin) => {
      await admin.query('create role plain login');
      await admin.query('create role reader login');
      await admin.query('alter role reader set default_transaction_read_only = on');
      await admin.query('create role maker login createdb createrole');
      await admin.query("create database latin template template0 encoding 'LATIN1' locale 'C'");
    });
  });

  test('the superuser', async () => {
    const identity = await withConnection(target.url, identify);
    expect(identity).toMatchObject({
      database: 'postgres',
      user: 'postgres',
      session_user: 'postgres',
      is_superuser: true,
      may_create_roles: true,
      may_create_databases: true,
      may_create_in_database: true,
      in_recovery: false,
      read_only: false,
      encoding: 'UTF8',
      pooled: false,
    });
    expect(identity.system_identifier).toMatch(/^\d{19}$/);
    expect(Math.floor(identity.server_version_num / 10_000)).toBe(spec.includes('/15/') ? 15 : 18);
    assertSupported(identity);
    assertWritable(identity);
    expect(describeIdentity(identity)).toMatch(
      /^PostgreSQL 1[58]\..* · database postgres · user postgres · superuser · system \d{19}$/,
    );
  });

  test('plain logins', async () => {
    const plain = await withConnection(asUser(target.url, 'plain'), identify);
    expect(plain).toMatchObject({
      user: 'plain',
      is_superuser: false,
      may_create_roles: false,
      may_create_databases: false,
      may_create_in_database: false,
      pooled: false,
    });
    // Unless it was revoked, every login may read it.
    expect(plain.system_identifier).toMatch(/^\d{19}$/);
    const maker = await withConnection(asUser(target.url, 'maker'), identify);
    expect(maker).toMatchObject({ is_superuser: false, may_create_roles: true, may_create_databases: true });
  });

  test('the role of now, and the login', async () => {
    const identity = await withConnection(target.url, async (client) => {
      await client.query('set role plain');
      return identify(client);
    });
    expect(identity).toMatchObject({ user: 'plain', session_user: 'postgres', is_superuser: false });
    expect(describeIdentity(identity)).toContain('user plain (logged in as postgres)');
  });

  test('a system identifier that may not be seen is null', async () => {
    const identity = await withConnection(target.url, async (admin) => {
      await admin.query('begin; revoke execute on function pg_control_system() from public; set role plain');
      return identify(admin);
    });
    expect(identity.system_identifier).toBeNull();
    expect(describeIdentity(identity)).toContain('system not visible to this user');
  });

  test('a read-only user is refused', async () => {
    const identity = await withConnection(asUser(target.url, 'reader'), identify);
    expect(identity.read_only).toBe(true);
    const error = await refusal(() => assertWritable(identity));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'read_only' }] });
  });

  test('another encoding is refused', async () => {
    const identity = await withConnection(target.database('latin'), identify);
    const error = await refusal(() => assertWritable(identity));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'encoding' }] });
    expect(error.message).toContain('LATIN1');
  });

  test('a pooler is noticed and refused', async () => {
    const identity = await withConnection(await startPooler(target, scope), identify);
    expect(identity.pooled).toBe(true);
    const error = await refusal(() => assertWritable(identity));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'pooled' }] });
  });

  test('a standby is refused', async () => {
    const binaries = spec.split(':')[1];
    const account = await serverAccount();
    const directories = [await makeClusterDirectory(account), await makeClusterDirectory(account)] as const;
    const [primary, standby] = directories.map((directory) => {
      const cluster = new Cluster(directory, account);
      scope.deferSync(() => cluster.kill());
      scope.defer(async () => {
        await cluster.stop();
        await rm(directory, { recursive: true, force: true });
      });
      return cluster;
    }) as [Cluster, Cluster];
    for (const directory of directories) if (account) await chown(directory, account.uid, account.gid);
    const found = await findBinaries(binaries, account, directories[0]);
    await primary.initialise(found);
    await primary.start(found);
    await primary.stop();
    // A cold copy: made by the server's own account, which has to own it.
    await shellAs(account, directories[1])`cp -R ${join(directories[0], 'data')} ${directories[1]}`;
    await writeFile(join(directories[1], 'data', 'standby.signal'), '');
    await standby.start(found);
    const identity = await withConnection(standby.url, identify);
    expect(identity).toMatchObject({ in_recovery: true, read_only: true });
    const error = await refusal(() => assertWritable(identity));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'standby' }] });

    const project = makeProject([ARTICLES]);
    const migrate = await iu(['migrate', '--target', standby.url], project);
    expect(migrate.report).toMatchObject({ exit: 5, findings: [{ code: 'standby' }] });
    const status = await iu(['status', '--target', standby.url], project);
    expect(status.report).toMatchObject({ exit: 3, items: [{ state: 'pending' }] });
  });
});

test('an unsupported version is refused', async () => {
  const target = await open('embedded', scope);
  const client = await connect(target.url);
  const identity = await identify(client);
  await client.end();
  for (const [server_version, server_version_num] of [
    ['14.9', 140009],
    ['19beta1', 190000],
  ] as const) {
    const error = await refusal(() => assertSupported({ ...identity, server_version, server_version_num }));
    expect(error).toMatchObject({ exit: 5, findings: [{ code: 'unsupported_version' }] });
    expect(error.message).toContain(server_version);
  }
});
