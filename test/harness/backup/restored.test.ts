import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import { aPast } from '../schema/calls.support.ts';
import {
  contents,
  createMany,
  enact,
  rows,
  schemaDatabase,
  session,
  spec,
  value,
} from '../schema/support.ts';
import { iu, servers } from '../support/index.ts';
import { folder, REAL } from './support.ts';

const fifteen = servers.filter(({ name }) => name.endsWith('15'));
// Not the gates: one is open, as it was.
const CHECKS = ['units', 'locks', 'grants', 'roles', 'vocabulary', 'outbox', 'event_types'];

describe.each(fifteen)('a backup of governed documents on $name', (server) => {
  it('restored elsewhere, roles first, has every row, is healthy, and is written as before', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const open =
      "select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'operator', 'facts', null)";
    await admin.query(open);
    await aPast(admin);
    const before = await contents(database);
    expect(Number(before['public.document_edition']!.split(' ')[0])).toBeGreaterThan(2);
    expect(Number(before['public.event_outbox_p0']!.split(' ')[0])).toBeGreaterThan(10);
    const out = folder();
    const { report } = await iu(['backup', '--out', out, '--target', database.url]);
    expect(report).toMatchObject({ verdict: 'restored', findings: [] });
    const [item] = report.items as [{ folder: string }];

    // Another cluster, which knows none of our roles.
    const scope = createScope();
    onTestFinished(() => scope.close());
    const target = await openTarget(server.target, scope, () => {});
    const root = await connect(target.url);
    onTestFinished(() => root.end());
    expect(await value(root, "select to_regrole('workflow_admin') is null")).toBe(true);
    const run = (program: string, ...args: string[]) =>
      execFileSync(join(REAL, program), args, { stdio: 'pipe' });
    run('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', join(item.folder, 'roles.sql'), target.url);
    await root.query('create database restored template template0');
    const url = target.database('restored');
    run('pg_restore', '--exit-on-error', `--dbname=${url}`, join(item.folder, 'database.dump'));

    const restored = { name: 'restored', url };
    expect(await contents(restored)).toEqual(before);
    const there = await session(restored);
    expect(await rows(there, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
    expect(await rows(there, 'select * from public.fn_deployment_grant_probe()')).toEqual([]);
    for (const check of CHECKS) {
      const failed = `select scenario, detail from public.fn_iu_check_${check}() where ok is not true`;
      expect([check, await rows(there, failed)]).toEqual([check, []]);
    }

    // Written on by who may, with the facts of it; and still by nobody else.
    const editor = await session(restored, 'iu_editor');
    await createMany(editor, [spec({ address: 'DE-GG/ART-20', body: 'Alle Staatsgewalt …\n' })]);
    await editor.query("select public.fn_iu_reparent('DE-GG/ART-20', 'DE-GG/TEIL-1', 'an editor', 'r')");
    const [last] = await rows<{ edition: number; id: string }>(
      there,
      'select max(edition)::int as edition, (select max(id) from public.event_outbox) as id from public.document_edition',
    );
    const answer = await enact(there, ['DE-GG/ART-20']);
    expect(answer.editions).toMatchObject([{ doc_code: 'DE-GG', edition: last!.edition + 1 }]);
    expect(
      await rows(
        there,
        "select event_domain || '.' || event_type as name from public.event_outbox where id > $1 order by id",
        [last!.id],
      ),
    ).toEqual(['review.decided', 'piece.enacted', 'document.edition_frozen'].map((name) => ({ name })));
    await expect(there.query('delete from public.document_edition_unit')).rejects.toMatchObject({
      code: 'IU001',
    });
    expect(await rows(there, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });
});
