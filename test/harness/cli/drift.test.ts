import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AMENDMENTS,
  ARTICLES,
  freshDatabase,
  iu,
  makeProject,
  oneServer,
  query,
  type TestServer,
} from '../support/index.ts';

const UP = 'migrations/committed/000001-articles.sql';
const DOWN = 'rollback/000001-articles.sql';

/** A database with one migration applied, and the project it was applied from. */
async function applied(server: TestServer) {
  const { url } = await freshDatabase(server);
  const project = makeProject([ARTICLES]);
  expect((await iu(['migrate', '--target', url], project)).code).toBe(0);
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(project, file), change(readFileSync(join(project, file), 'utf8')));
  return { url, project, edit, status: () => iu(['status', '--target', url], project) };
}

describe.each(oneServer)('edited after it was applied, on $name', (server) => {
  it('a comment in the rollback is cosmetic and wakes nobody', async () => {
    const { edit, status } = await applied(server);
    edit(DOWN, (text) => text.replace('drop table', '-- the inverse\ndrop   table'));
    expect((await status()).report).toMatchObject({
      exit: 0,
      verdict: 'drifted',
      items: [{ state: 'drifted' }],
      findings: [{ code: 'edited_cosmetic', file: DOWN }],
    });
  });

  it('another statement in the rollback is semantic, and neither migrate nor rollback goes on', async () => {
    const { url, project, edit, status } = await applied(server);
    edit(DOWN, (text) => text.replace('drop table', 'drop table if exists'));
    expect((await status()).report).toMatchObject({
      exit: 1,
      verdict: 'tampered',
      items: [{ state: 'tampered' }],
      findings: [{ code: 'edited', file: DOWN }],
    });
    for (const verb of ['migrate', 'rollback']) {
      expect((await iu([verb, '--target', url], project)).report).toMatchObject({
        exit: 1,
        findings: [{ code: 'edited' }],
      });
    }
  });

  it('in the migration itself: a comment is cosmetic, a statement is not', async () => {
    const { url, project, edit, status } = await applied(server);
    edit(UP, (text) => text.replace('create table', '-- the articles\ncreate table'));
    expect((await status()).report).toMatchObject({
      exit: 0,
      findings: [{ code: 'edited_cosmetic', file: UP }],
    });
    expect((await iu(['migrate', '--target', url], project)).report).toMatchObject({
      exit: 0,
      verdict: 'up to date',
    });
    edit(UP, (text) => text.replace('number text', 'number varchar'));
    expect((await status()).report).toMatchObject({ exit: 1, findings: [{ code: 'edited', file: UP }] });
  });

  it('of a migration that is still pending: refused, whatever the edit', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES]);
    const file = join(project, UP);
    writeFileSync(file, readFileSync(file, 'utf8').replace('create table', '-- the articles\ncreate table'));
    for (const verb of ['status', 'migrate']) {
      const { report } = await iu([verb, '--target', url], project);
      expect(report.exit).toBe(1);
      expect(report.findings[0]).toMatchObject({ code: 'hash_mismatch', file: UP });
    }
    expect(await query(url, "select to_regnamespace('iu_ledger') as ledger")).toEqual([{ ledger: null }]);
  });

  it('an edited header is never cosmetic', async () => {
    const { edit, status } = await applied(server);
    edit(DOWN, (text) =>
      text.replace('--! Title: undo articles', '--! Title: undo articles\n--! Destroys: nothing'),
    );
    expect((await status()).report).toMatchObject({ exit: 1, findings: [{ code: 'edited', file: DOWN }] });
  });

  it('a migration that was committed anew with the same number is tampered', async () => {
    const { project, status } = await applied(server);
    const other = makeProject([{ ...ARTICLES, up: ARTICLES.up.replace('Articles of', 'All articles of') }]);
    writeFileSync(join(project, UP), readFileSync(join(other, UP)));
    expect((await status()).report).toMatchObject({ exit: 1, findings: [{ code: 'edited', file: UP }] });
  });

  it('another Hash line is no cosmetic edit, and the rollback does not run', async () => {
    const { url, project, edit, status } = await applied(server);
    edit(UP, (text) => text.replace(/(Hash: sha1:)..../, '$10000'));
    expect((await status()).report).toMatchObject({ exit: 1, findings: [{ code: 'edited', file: UP }] });
    expect((await iu(['rollback', '--target', url], project)).code).toBe(1);
    expect((await query(url, "select to_regclass('public.article')::text as article"))[0]).toEqual({
      article: 'article',
    });
  });

  it('a file that is gone is named', async () => {
    const { url } = await freshDatabase(server);
    const project = makeProject([ARTICLES, AMENDMENTS]);
    await iu(['migrate', '--target', url], project);
    unlinkSync(join(project, 'migrations/committed/000002-amendments.sql'));
    unlinkSync(join(project, 'rollback/000002-amendments.sql'));
    const { report } = await iu(['status', '--target', url], project);
    expect(report).toMatchObject({ exit: 1, findings: [{ code: 'applied_file_missing' }] });
    expect(report.findings[0]!.message).toContain('000002-amendments.sql');
  });

  it('the ledger refuses every direct write, and one made around it no longer adds up', async () => {
    const { url, status } = await applied(server);
    for (const write of [
      "update iu_ledger.event set actor = 'nobody'",
      'delete from iu_ledger.event',
      'truncate iu_ledger.event',
      'insert into iu_ledger.event select * from iu_ledger.event limit 1',
      'set role workflow_admin; delete from iu_ledger.event',
    ]) {
      await expect(query(url, write)).rejects.toMatchObject({ code: 'IU901' });
    }
    await expect(query(url, 'delete from graphile_migrate.migrations')).rejects.toMatchObject({
      code: 'IU903',
    });
    await query(
      url,
      "set session_replication_role = replica; update iu_ledger.event set actor = 'nobody' where seq = 2",
    );
    const { report } = await status();
    expect(report).toMatchObject({
      exit: 1,
      findings: [{ code: 'ledger_broken', object: 'iu_ledger.event 2' }],
    });
  });
});
