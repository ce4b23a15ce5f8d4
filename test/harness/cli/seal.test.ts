import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshDatabase, iu, oneServer, ownServer, query, servers } from '../support/index.ts';

const SCHEMA = `create table public.article (number text primary key, body text not null);
insert into public.article values ('1', 'Human dignity shall be inviolable.');`;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'iu-seal-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe.each(oneServer)('seal on $name', (kind) => {
  const server = ownServer(kind);
  it('is the same for two databases of the same schema, and names what differs', async () => {
    const [one, other] = [await freshDatabase(server), await freshDatabase(server)];
    await query(one.url, SCHEMA);
    await query(other.url, `create table public.draft (id int); drop table public.draft; ${SCHEMA}`);
    expect((await iu(['seal', '--data', '--diff', one.url, other.url])).report).toMatchObject({
      verdict: 'equal, rows too',
      exit: 0,
      items: [],
    });
    await query(
      other.url,
      "comment on table public.article is 'Articles'; insert into public.article values ('2', 'x')",
    );
    const { report } = await iu(['seal', '--data', '--diff', one.url, other.url]);
    expect(report).toMatchObject({ verdict: 'different', exit: 1 });
    expect(report.items).toEqual([
      { object: 'table public.article', field: 'comment', before: null, after: 'Articles' },
      {
        table: 'public.article',
        mode: 'bytes',
        before: expect.stringMatching(/^1 rows/),
        after: expect.stringMatching(/^2 rows/),
      },
    ]);
  });

  it('is kept in a file and compared with a later state', async () => {
    const { url } = await freshDatabase(server);
    await query(url, SCHEMA);
    const file = join(folder(), 'before.json');
    const taken = await iu(['seal', '--target', url, '--out', file]);
    expect(taken.report).toMatchObject({ verdict: 'sealed', exit: 0, findings: [] });
    expect((await iu(['seal', '--diff', file, url])).code).toBe(0);
    await query(url, 'alter table public.article alter body drop not null');
    const { report } = await iu(['seal', '--diff', file, url]);
    expect(report.exit).toBe(1);
    expect(JSON.stringify(report.items)).toContain('public.article.body');
  });

  it('refuses what is no seal, and one that was changed', async () => {
    const { url } = await freshDatabase(server);
    const file = join(folder(), 'seal.json');
    await iu(['seal', '--target', url, '--out', file]);
    const seal = JSON.parse(readFileSync(file, 'utf8'));
    for (const text of [JSON.stringify({ ...seal, digest: 'f'.repeat(64) }), '{}', 'no JSON']) {
      writeFileSync(file, text);
      const { report } = await iu(['seal', '--diff', file, url]);
      expect(report).toMatchObject({ exit: 2, findings: [{ code: 'no_seal_file' }] });
    }
    expect((await iu(['seal', '--diff', file])).report).toMatchObject({
      exit: 2,
      findings: [{ code: 'usage' }],
    });
    const nowhere = join(folder(), 'not/there.json');
    expect((await iu(['seal', '--target', url, '--out', nowhere])).report).toMatchObject({
      exit: 2,
      findings: [{ code: 'file_error' }],
    });
  });
});

describe.skipIf(servers.length < 2)('seals of different majors', () => {
  it('are refused, never compared', async () => {
    const { report } = await iu(['seal', '--diff', servers[0]!.url, servers[1]!.url]);
    expect(report).toMatchObject({ exit: 6, findings: [{ code: 'seals_of_different_majors' }] });
  });
});
