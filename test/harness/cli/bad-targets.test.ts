import { describe, expect, it } from 'vitest';
import {
  ARTICLES,
  freshDatabase,
  iu,
  login,
  makeProject,
  oneServer,
  query,
  REAL_PROJECT,
} from '../support/index.ts';

describe.each(oneServer)('targets on $name', (server) => {
  it("a database with other people's objects: all that stands in the way is named, nothing is written", async () => {
    const { url } = await freshDatabase(server);
    await query(url, 'create table public.article (headline text); create table public.invoice (id int)');
    const { report } = await iu(['migrate', '--target', url], makeProject([ARTICLES]));
    expect(report).toMatchObject({
      exit: 5,
      findings: [{ code: 'foreign_object', object: 'table public.article' }],
    });
    expect(report.findings).toHaveLength(1);
    expect(await query(url, "select to_regnamespace('iu_ledger') as ledger")).toEqual([{ ledger: null }]);
  });

  it("a database with other people's objects elsewhere is no obstacle", async () => {
    const { url } = await freshDatabase(server);
    await query(url, 'create table public.invoice (id int); create schema billing');
    expect((await iu(['migrate', '--target', url], makeProject([ARTICLES]))).code).toBe(0);
  });

  it.each(['iu_ledger', 'graphile_migrate'])(
    "a schema %s that is somebody else's is named",
    async (schema) => {
      const database = await freshDatabase(server);
      const stranger = await login(server, database, '');
      await query(database.url, `create schema ${schema} authorization ${stranger.name}`);
      const { report } = await iu(['migrate', '--target', database.url], makeProject([ARTICLES]));
      expect(report).toMatchObject({
        exit: 5,
        findings: [{ code: 'foreign_object', object: `schema ${schema}` }],
      });
    },
  );

  it('settings of a role or a database that would break a file do not reach it', async () => {
    const { name, url } = await freshDatabase(server);
    for (const setting of [
      "default_transaction_isolation = 'serializable'",
      "statement_timeout = '5ms'",
      'standard_conforming_strings = off',
    ]) {
      await query(server.url, `alter database ${name} set ${setting}`);
    }
    expect((await iu(['migrate', '--target', url], REAL_PROJECT)).report).toMatchObject({ exit: 0 });
    expect((await iu(['rollback', '--target', url, '--to', '0', '--accept-loss'], REAL_PROJECT)).code).toBe(
      0,
    );
  });

  it('a read-only user is told so', async () => {
    const database = await freshDatabase(server);
    const { url } = database;
    const reader = await login(server, database, '');
    await query(url, `alter role ${reader.name} set default_transaction_read_only = on`);
    const { report } = await iu(['migrate', '--target', reader.url], makeProject([ARTICLES]));
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'read_only' }] });
  });

  it('a login that may not create anything is told what to ask for', async () => {
    const database = await freshDatabase(server);
    const reader = await login(server, database, '');
    const { report } = await iu(['migrate', '--target', reader.url], makeProject([ARTICLES]));
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'may_not_create' }] });
    expect(report.findings[0]!.next).toContain('grant create on database');
  });

  it('a target that is not a database', async () => {
    const { report } = await iu(['status', '--target', 'mysql://somewhere/else'], makeProject([ARTICLES]));
    expect(report.exit).toBe(2);
  });

  it('a proof refuses a server that is not disposable', async () => {
    const { url } = await freshDatabase(server);
    const { report } = await iu(['prove', '--target', url], makeProject([ARTICLES]));
    expect(report).toMatchObject({ exit: 2, findings: [{ code: 'not_disposable' }] });
  });
});
