import { describe, expect, it } from 'vitest';
import { ARTICLES, freshDatabase, INDEX, iu, makeProject, oneServer, query } from '../support/index.ts';

describe.each(oneServer)('NoTransaction and PostCheck on $name', (server) => {
  it('makes an index concurrently, counts it only when the check holds, and inverts it', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, INDEX]);
    expect((await iu(['migrate', '--target', url], project)).report).toMatchObject({
      exit: 0,
      verdict: 'applied 2',
    });
    expect(
      await query(
        url,
        "select indisvalid from pg_index where indexrelid = 'public.article_body_ix'::regclass",
      ),
    ).toEqual([{ indisvalid: true }]);
    expect((await iu(['rollback', '--target', url], project)).code).toBe(0);
    expect((await iu(['status', '--target', url], project)).code).toBe(3);
  });

  it('finds the INVALID index that a broken run left, before it runs again', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, INDEX]);
    await iu(['migrate', '--target', url], makeProject([ARTICLES]));
    // Two equal bodies: the unique index breaks off and stays, INVALID.
    await query(url, "insert into public.article values ('1', 'same'), ('2', 'same')");
    const broken = await iu(['migrate', '--target', url], project);
    expect(broken.code).toBe(1);
    expect((await iu(['status', '--target', url], project)).report.items).toMatchObject([
      { state: 'applied' },
      { state: 'pending' },
    ]);

    const again = await iu(['migrate', '--target', url], project);
    expect(again.report).toMatchObject({ exit: 1, findings: [{ code: 'invalid_index' }] });
    expect(again.report.findings[0]!.next).toContain('drop index concurrently');

    await query(url, 'delete from public.article');
    await query(url, 'drop index concurrently public.article_body_ix');
    expect((await iu(['migrate', '--target', url], project)).code).toBe(0);
  });

  it('does not count a file whose PostCheck does not hold', async () => {
    const { url } = await freshDatabase(server);
    const wrong = { ...INDEX, headers: '--! NoTransaction\n--! PostCheck: select false\n' };
    const project = makeProject([ARTICLES, wrong]);
    const { report } = await iu(['migrate', '--target', url], project);
    expect(report.exit).toBe(1);
    expect(report.findings[0]!.message).toContain('PostCheck');
    expect(await query(url, 'select filename from graphile_migrate.migrations')).toEqual([
      { filename: '000001.sql' },
    ]);
  });
});
