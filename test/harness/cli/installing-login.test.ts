import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, createDatabase, openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import { ARTICLES, INDEX, iu, makeProject, query, REAL_PROJECT, servers } from '../support/index.ts';

/** A server of the test's own: roles belong to the whole cluster, and here they must not exist yet. */
async function emptyServer(target: string, options: string) {
  const scope = createScope();
  onTestFinished(() => scope.close());
  const server = await openTarget(target, scope, () => {});
  const admin = await connect(server.url);
  await createDatabase(admin, 'governed');
  await admin.query(`create role installer login ${options}`);
  await admin.query('alter database governed owner to installer');
  await admin.end();
  return {
    root: server.database('governed'),
    url: server.database('governed').replace('//postgres@', '//installer@'),
  };
}

describe.each(servers)('the installing login on $name', (server) => {
  it('need not be superuser: CREATEROLE and its own database are enough', async () => {
    const { url, root } = await emptyServer(server.target, 'createrole');
    const project = makeProject([ARTICLES, INDEX]);
    expect((await iu(['migrate', '--target', url], project)).report).toMatchObject({
      exit: 0,
      verdict: 'applied 2',
    });
    expect(await query(root, "select tableowner from pg_tables where tablename = 'article'")).toEqual([
      { tableowner: 'workflow_admin' },
    ]);
    expect((await iu(['status', '--target', url], project)).report).toMatchObject({ exit: 0, findings: [] });
    expect((await iu(['rollback', '--target', url, '--to', '0'], project)).code).toBe(0);
    expect((await iu(['migrate', '--target', url], project)).code).toBe(0);
    expect(await query(root, 'select distinct actor from iu_ledger.event')).toEqual([{ actor: 'installer' }]);
  });

  it('installs the real schema, all of it', async () => {
    const { url } = await emptyServer(server.target, 'createrole');
    expect((await iu(['migrate', '--target', url], REAL_PROJECT)).report).toMatchObject({ exit: 0 });
    expect(await query(url, 'select * from public.fn_deployment_grant_probe()')).toEqual([]);
    expect(
      (await iu(['rollback', '--target', url, '--to', '0', '--accept-loss'], REAL_PROJECT)).report,
    ).toMatchObject({ exit: 0 });
  });

  it('without CREATEROLE it is told what to ask for, and nothing is written', async () => {
    const { url, root } = await emptyServer(server.target, 'nocreaterole');
    const { report } = await iu(['migrate', '--target', url], makeProject([ARTICLES]));
    expect(report.exit).toBe(5);
    const [finding] = report.findings;
    expect(`${finding!.message} ${finding!.detail} ${finding!.next}`).toMatch(/create role workflow_admin/i);
    expect(
      await query(
        root,
        "select to_regrole('workflow_admin') as role, to_regnamespace('iu_ledger') as ledger",
      ),
    ).toEqual([{ role: null, ledger: null }]);
  });

  it('an auditor who may only read sees the status', async () => {
    const { url, root } = await emptyServer(server.target, 'createrole');
    const project = makeProject([ARTICLES]);
    await iu(['migrate', '--target', url], project);
    await query(root, 'create role auditor login in role context_pack_readonly');
    const { report } = await iu(['status', '--target', url.replace('//installer@', '//auditor@')], project);
    expect(report).toMatchObject({ exit: 0, items: [{ state: 'applied', actor: 'installer' }] });
  });

  it('a stranger is told that they may not see it', async () => {
    const { url, root } = await emptyServer(server.target, 'createrole');
    const project = makeProject([ARTICLES]);
    await iu(['migrate', '--target', url], project);
    await query(root, 'create role stranger login');
    const { report } = await iu(['status', '--target', url.replace('//installer@', '//stranger@')], project);
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'may_not_read_ledger' }] });
  });
});
