import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeBackup } from '../../../scripts/backup/index.ts';
import { scratchDatabase } from '../../../scripts/backup/place.ts';
import { connect, identify, openTarget, withDatabase } from '../../../scripts/postgres/index.ts';
import { createProgress, createScope } from '../../../scripts/report/index.ts';
import { freshDatabase, query, REAL_PROJECT, servers } from '../support/index.ts';
import { folder, oddDatabase } from './support.ts';

const progress = createProgress({ write: () => {}, redraw: false });

function ownScope() {
  const scope = createScope();
  onTestFinished(() => scope.close());
  return scope;
}

describe('a cold copy', () => {
  it('holds one of everything, and a second server started on it is equal', async () => {
    const scope = ownScope();
    const target = await openTarget('embedded', scope, () => {});
    const database = await oddDatabase({ name: 'own', target: 'embedded', url: target.url });
    const url = withDatabase(target.url, database.name);
    const client = await connect(url);
    scope.defer(() => client.end());
    const out = folder();
    const source = { target: { ...target, url }, client, identity: await identify(client) };
    const job = { source, root: REAL_PROJECT, out, key: null, progress, scope };
    // What a base backup would lose is refused by name.
    await expect(makeBackup(job)).rejects.toMatchObject({
      exit: 5,
      findings: [{ code: 'unlogged_rows', message: expect.stringContaining('"Văn bản"."Bản nháp"') }],
    });
    expect(readdirSync(out)).toEqual([]);
    await query(url, 'alter table "Văn bản"."Bản nháp" set logged');
    const made = await makeBackup(job);
    expect(made).toMatchObject({
      record: {
        mechanism: 'cold copy',
        grade: 'restored',
        why: null,
        data: { tables: 4, rows: 6 },
        file: 'cluster.tar',
      },
    });
    expect(existsSync(join((made as { folder: string }).folder, 'backup.json'))).toBe(true);
    // The server it was made of goes on.
    expect(await query(url, 'select count(*)::int as n from public.article')).toEqual([{ n: 3 }]);
    expect(readdirSync(out)).toHaveLength(1);
  });
});

describe.each(servers)('a scratch database on $name', (server) => {
  it('is dropped in the end, and what a killed run left is dropped by the next', async () => {
    const scope = ownScope();
    const { url } = await freshDatabase(server);
    const client = await connect(url);
    scope.defer(() => client.end());
    const left = 'iu_backup_check_0123456789ab';
    await client.query(`create database ${left}`);
    const target = await openTarget(url, scope, () => {});
    const place = await scratchDatabase({ target, client, identity: await identify(client) }, scope);
    const names = async () =>
      (await query(server.url, "select datname from pg_database where datname ~ '^iu_backup_check_'")).map(
        ({ datname }) => datname,
      );
    expect(await names()).not.toContain(left);
    expect(place!.describe).toContain('scratch database iu_backup_check_');
    await place!.close();
    expect(await names()).not.toContain(/iu_backup_check_\w+/.exec(place!.describe)![0]);
  });
});
