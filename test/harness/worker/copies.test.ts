import { describe, expect, it, onTestFinished } from 'vitest';
import { $ } from 'zx';
import {
  connect,
  createDatabase,
  uniqueName,
  withConnection,
  withDatabase,
} from '../../../scripts/postgres/index.ts';
import { schemaDatabase } from '../schema/support.ts';
import { freshDatabase, servers } from '../support/index.ts';
import { hold, lines, refusesToRun, reportsFolder, runWorker, setUp, startsAfresh } from './support.ts';

describe.each(servers)('a copy on $name does not deliver live', (server) => {
  it('made by CREATE DATABASE … TEMPLATE', async () => {
    const reports = reportsFolder();
    const { name, url } = await schemaDatabase(server);
    await withConnection(url, (client) => setUp(client, { reports }));
    await hold(url);
    expect((await runWorker(url, reports)).report).toMatchObject({
      exit: 0,
      items: [{ delivered: { sent: 1 } }],
    });
    expect(lines(reports)).toBe(1);
    const clone = await freshDatabase(server, name);
    await refusesToRun(clone.url, reports);
    await startsAfresh(clone.url, reports);
    // The original goes on.
    await hold(url);
    expect((await runWorker(url, reports)).report.exit).toBe(0);
    expect(lines(reports)).toBe(2);
  });
});

const with15 = servers.filter(({ name }) => name === 'PostgreSQL 15');

describe.each(with15)('a dump on $name, restored', (server) => {
  it('does not deliver live, and where xids went backwards it cannot continue', async () => {
    const reports = reportsFolder();
    const { name, url } = await schemaDatabase(server);
    await withConnection(url, (client) => setUp(client, { reports }));
    await hold(url);
    expect((await runWorker(url, reports)).report.exit).toBe(0);
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
