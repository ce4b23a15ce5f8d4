import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { $ } from 'zx';
import {
  connect,
  createDatabase,
  uniqueName,
  withConnection,
  withDatabase,
} from '../../../scripts/postgres/index.ts';
import { applyRuntime, schemaDatabase } from '../schema/support.ts';
import { freshDatabase, iu, servers } from '../support/index.ts';
import { killable } from './cluster.ts';
import { emit, FENCE, setUp, WORKER } from './support.ts';

function reportsFolder(): string {
  const reports = mkdtempSync(join(tmpdir(), 'iu-reports-'));
  onTestFinished(() => rmSync(reports, { recursive: true, force: true }));
  return reports;
}

const run = (url: string, reports: string, env: Record<string, string> = FENCE) =>
  iu(['worker', 'run', '--worker', WORKER, '--reports', reports, '--target', url], undefined, env);

const lines = (reports: string): number => {
  const file = join(reports, 'law.report.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0;
};

const update = (url: string) => withConnection(url, (client) => emit(client, 'updated'));

/** A copy is refused with all that its original is configured with, and nothing of it goes out. */
async function refusesToRun(url: string, reports: string): Promise<void> {
  const before = lines(reports);
  await update(url);
  const refused = await run(url, reports);
  expect(refused.report).toMatchObject({ exit: 5, findings: [{ code: 'copy_refused' }] });
  expect(refused.report.findings[0]!.next).toContain('worker rebaseline --fresh');
  expect(lines(reports)).toBe(before);
  const health = await iu(['worker', 'health', '--worker', WORKER, '--target', url]);
  expect(health.report).toMatchObject({ exit: 1, findings: [{ code: 'worker_copy_refused' }] });
}

/** As the docs say for a copy: another fence first, then a fresh start; the original's configuration is refused. */
async function startsAfresh(url: string, reports: string): Promise<void> {
  await withConnection(url, (client) =>
    client.query("select public.fn_iu_fence_set('the-copy', 'another-token-of-a-test', 'a test', 'a copy')"),
  );
  const baseline = ['worker', 'rebaseline', '--fresh', '--because', 'a copy', '--worker', WORKER];
  expect((await iu([...baseline, '--target', url])).report).toMatchObject({
    exit: 0,
    verdict: 'rebaselined',
  });
  const before = lines(reports);
  await update(url);
  const ran = await run(url, reports);
  expect(ran.report).toMatchObject({ exit: 5, findings: [{ code: expect.stringContaining('fence') }] });
  expect(lines(reports)).toBe(before);
  expect(JSON.stringify(ran)).not.toContain(FENCE.IU_FENCE_TOKEN);
}

describe.each(servers)('a copy on $name does not deliver live', (server) => {
  it('made by CREATE DATABASE … TEMPLATE', async () => {
    const reports = reportsFolder();
    const { name, url } = await schemaDatabase(server);
    await withConnection(url, (client) => setUp(client, { reports }));
    await update(url);
    expect((await run(url, reports)).report).toMatchObject({ exit: 0, items: [{ delivered: { sent: 1 } }] });
    expect(lines(reports)).toBe(1);
    const clone = await freshDatabase(server, name);
    await refusesToRun(clone.url, reports);
    await startsAfresh(clone.url, reports);
    // The original goes on.
    await update(url);
    expect((await run(url, reports)).report.exit).toBe(0);
    expect(lines(reports)).toBe(2);
  });

  it('made of its files while it was down, which carries every stamp', async () => {
    const reports = reportsFolder();
    const binaries = server.target.split(':')[1];
    const original = await killable(binaries);
    expect((await iu(['migrate', '--target', original.url])).report.findings).toEqual([]);
    await applyRuntime(original.url);
    await withConnection(original.url, (client) => setUp(client, { reports }));
    await update(original.url);
    expect((await run(original.url, reports)).report.exit).toBe(0);
    await original.stop();
    const copy = await original.copy();
    // Same names, so it runs; without the fence, or with a fence that was changed first, nothing goes out.
    await update(copy.url);
    const bare = await run(copy.url, reports, {});
    expect(bare.report).toMatchObject({ exit: 0, items: [{ status: 'ran', delivered: null }] });
    await startsAfresh(copy.url, reports);
    expect(lines(reports)).toBe(1);
  });
});

const with15 = servers.filter(({ name }) => name === 'PostgreSQL 15');

describe.each(with15)('a dump on $name, restored', (server) => {
  it('does not deliver live, and where xids went backwards it cannot continue', async () => {
    const reports = reportsFolder();
    const { name, url } = await schemaDatabase(server);
    await withConnection(url, (client) => setUp(client, { reports }));
    await update(url);
    expect((await run(url, reports)).report.exit).toBe(0);
    const restored = uniqueName('iu_restored');
    const admin = await connect(server.url);
    onTestFinished(async () => {
      await admin.query(`drop database if exists ${restored} with (force)`);
      await admin.end();
    });
    await createDatabase(admin, restored);
    const socket = decodeURIComponent(/@([^:]+):/.exec(server.url)![1]!);
    const where = ['-h', socket, '-p', '5432', '-U', 'postgres'];
    const bin = server.target.split(':')[1]!;
    const sh = $({ quiet: true });
    await sh`${bin}/pg_dump ${where} -d ${name} | ${bin}/psql ${where} -v ON_ERROR_STOP=1 -q -1 -d ${restored}`;
    const copy = withDatabase(server.url, restored);
    await refusesToRun(copy, reports);
    await startsAfresh(copy, reports);
    expect(lines(reports)).toBe(1);
  });
});
