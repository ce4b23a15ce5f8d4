import { describe, expect, it } from 'vitest';
import { firstBrokenEvent, readChain } from '../../../scripts/evidence/index.ts';
import { withConnection } from '../../../scripts/postgres/index.ts';
import {
  AMENDMENTS,
  ARTICLES,
  freshDatabase,
  iu,
  makeProject,
  oneServer,
  ownServer,
  query,
} from '../support/index.ts';

describe.each(oneServer)('migrate, status and rollback on $name', (kind) => {
  const server = ownServer(kind);
  it('applies what is pending, says so, and inverts it again', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, AMENDMENTS]);

    const before = await iu(['status', '--target', url], project);
    expect(before.code).toBe(3);
    expect(before.report.verdict).toBe('pending');

    const migrated = await iu(['migrate', '--target', url], project);
    expect(migrated.report).toMatchObject({ verdict: 'applied 2', exit: 0, findings: [] });
    expect(migrated.report.items.map((item) => [item.file, item.applied])).toEqual([
      ['migrations/committed/000001-articles.sql', true],
      ['migrations/committed/000002-amendments.sql', true],
    ]);
    expect(await query(url, "select tableowner from pg_tables where tablename = 'article'")).toEqual([
      { tableowner: 'workflow_admin' },
    ]);

    const again = await iu(['migrate', '--target', url], project);
    expect(again.report).toMatchObject({ verdict: 'up to date', exit: 0 });

    const after = await iu(['status', '--target', url], project);
    expect(after.report).toMatchObject({ verdict: 'up to date', exit: 0, findings: [] });
    expect(after.report.items).toMatchObject([{ state: 'applied' }, { state: 'applied' }]);

    const back = await iu(['rollback', '--target', url], project);
    expect(back.report.verdict).toBe('rolled back 1');
    expect(await query(url, "select to_regclass('public.amendment') as amendment")).toEqual([
      { amendment: null },
    ]);
    const half = await iu(['status', '--target', url], project);
    expect(half.report.items).toMatchObject([{ state: 'applied' }, { state: 'pending' }]);
    expect(half.code).toBe(3);
  });

  it('writes a chain of events that anybody can recompute', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, AMENDMENTS]);
    await iu(['migrate', '--target', url], project);
    await iu(['rollback', '--target', url, '--to', '0'], project);
    const chain = await withConnection(url, readChain);
    expect(chain.map((event) => `${event.kind} ${event.outcome}`)).toEqual([
      'migrate started',
      'migrate done',
      'migrate started',
      'migrate done',
      'seal started',
      'rollback started',
      'rollback done',
      'rollback started',
      'rollback done',
      'seal started',
    ]);
    expect(firstBrokenEvent(chain)).toBeNull();
    // Before the first migration and after the last rollback the schema is the same.
    expect(chain.at(-1)!.seal).toBe(chain[0]!.seal);
    expect(chain[4]!.seal).not.toBe(chain[0]!.seal);
  });

  it('undoes a file that fails, keeps the ones before it, and shows the place', async () => {
    const { url } = await freshDatabase(server);
    const wrong = {
      name: 'wrong',
      up: `set local role workflow_admin;\ncreate table public.half_done (n int);\nselect nummer from public.article;\nreset role;`,
      down: 'drop table public.half_done;',
    };
    const project = makeProject([ARTICLES, wrong]);
    const run = await iu(['migrate', '--target', url], project);
    expect(run.code).toBe(1);
    const [finding] = run.report.findings;
    expect(finding).toMatchObject({ file: expect.stringContaining('000002-wrong.sql') });
    expect(finding!.message).toContain('nummer');
    expect(finding!.detail).toMatch(/select nummer from public\.article;\n.*\^/);
    expect(await query(url, "select to_regclass('public.half_done') as half_done")).toEqual([
      { half_done: null },
    ]);
    const status = await iu(['status', '--target', url], project);
    expect(status.report.items).toMatchObject([{ state: 'applied' }, { state: 'pending' }]);
    expect(
      await query(url, "select count(*)::int as failed from iu_ledger.event where outcome = 'failed'"),
    ).toEqual([{ failed: 1 }]);
  });

  it('refuses to destroy rows on a real target until somebody says that they know', async () => {
    const { url } = await freshDatabase(server);
    const down =
      '--! Title: undo\n--! Destroys: all articles\n\nset local role workflow_admin;\ndrop table public.article;';
    const project = makeProject([ARTICLES], { 'rollback/000001-articles.sql': down });
    await iu(['migrate', '--target', url], project);
    const refused = await iu(['rollback', '--target', url], project);
    expect(refused.report).toMatchObject({ exit: 5, findings: [{ code: 'destroys' }] });
    expect(refused.report.findings[0]!.message).toContain('all articles');
    expect((await query(url, "select to_regclass('public.article')::text as article"))[0]).toEqual({
      article: 'article',
    });
    expect((await iu(['rollback', '--target', url, '--accept-loss'], project)).code).toBe(0);
  });
});
