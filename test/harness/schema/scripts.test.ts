import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { query, REAL_PROJECT, servers } from '../support/index.ts';
import { applyRuntime, contents, createMany, schemaDatabase, session, spec } from './support.ts';

const hasPsql = spawnSync('psql', ['--version']).status === 0;
if (!hasPsql) process.stdout.write('psql is not installed: the scripts are not run under it\n');

const files = (folder: string) =>
  readdirSync(`${REAL_PROJECT}/${folder}`)
    .filter((name) => /^\d{3}_.*\.sql$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
const RUNTIME = files('runtime');
const PROBES = files('sandbox');

/** Runs files under psql as a DBA does; scenario rows come as `scenario|t|detail`. */
async function psql(url: string, scripts: string[]) {
  const options = { cwd: REAL_PROJECT, quiet: true, nothrow: true };
  const given = scripts.flatMap((script) => ['-f', script]);
  const run = await $(options)`psql -X -q -A -t -v ON_ERROR_STOP=1 -d ${url} ${given}`;
  return { code: run.exitCode, stderr: run.stderr, lines: run.stdout.split('\n').filter(Boolean) };
}

describe.each(servers)('scripts on $name', (server) => {
  it('runtime scripts applied again change no row', async () => {
    const database = await schemaDatabase(server);
    await applyRuntime(database.url);
    const before = await contents(database);
    // 080 disables the worker, and is for when that is wanted.
    await applyRuntime(database.url, '999', '080');
    expect(await contents(database)).toEqual(before);
  });

  it.skipIf(!hasPsql)('runtime scripts under psql write what the harness writes, once', async () => {
    const database = await schemaDatabase(server, true);
    const first = await psql(database.url, RUNTIME);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.lines.filter((line) => line.includes('|f|'))).toEqual([]);
    const before = await contents(database);
    expect(before['public.iu_gate']).toBe((await contents(await schemaDatabase(server)))['public.iu_gate']);
    const again = RUNTIME.filter((name) => !name.includes('/080_'));
    expect(await psql(database.url, again)).toMatchObject({ code: 0, stderr: '' });
    expect(await contents(database)).toEqual(before);
  });

  it.skipIf(!hasPsql)('probes under psql find every scenario ok and leave no row', async () => {
    const database = await schemaDatabase(server);
    const before = await contents(database);
    const { code, stderr, lines } = await psql(database.url, [...PROBES, ...PROBES]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines.filter((line) => line.includes('|t|')).length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.includes('|f|'))).toEqual([]);
    expect(await contents(database)).toEqual(before);
  });

  it.skipIf(!hasPsql)('rollbacks of the runtime scripts under psql take back what was written', async () => {
    const database = await schemaDatabase(server);
    const bare = await contents(await schemaDatabase(server, true));
    const scripts = RUNTIME.map((name) => name.replace('runtime/', 'rollback/')).reverse();
    for (const run of [await psql(database.url, scripts), await psql(database.url, scripts)]) {
      expect(run).toMatchObject({ code: 0, stderr: '' });
    }
    const after = await contents(database);
    for (const table of ['dot_config', 'iu_gate', 'iu_unit_kind', 'iu_section_type', 'iu_error']) {
      expect(after[`public.${table}`]).toBe(bare[`public.${table}`]);
    }
  });

  it.skipIf(!hasPsql)('a script whose check fails stops psql and commits nothing', async () => {
    const database = await schemaDatabase(server);
    await createMany(await session(database), [spec({ address: 'US-CONST/ART-1' })]);
    await query(database.url, 'alter table public.information_unit disable trigger iu_lock_1_write');
    const { code, stderr, lines } = await psql(database.url, ['runtime/004_verification.sql']);
    expect({ code, says: stderr.includes('IU005') }).toEqual({ code: 3, says: true });
    expect(lines.find((line) => line.includes('|f|'))).toContain(
      'public.information_unit refuses direct writes|f|not refused: insert',
    );
  });
});
