import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contents, createMany, session, spec } from '../schema/support.ts';
import { freshDatabase, login, query, servers } from '../support/index.ts';
import { cut, cutDatabase, folder, sections } from './runs.support.ts';

const lane = (url: string, file: string, out: string, prefix = 'RULES') =>
  cut(url, 'dryrun', '--read-only', file, '--prefix', prefix, '--out', out);

const read = (out: string, name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));

describe.each(servers)('iu cut dryrun --read-only on $name', (server) => {
  it('compares the live units with a file as a login that can write nothing, and shows LIVE refused', async () => {
    const { database } = await cutDatabase(server);
    const reader = await login(server, database, 'in role context_pack_readonly');
    const admin = await session(database);
    // Live: the heading as it is, section 1 with another text, section 2 with another title, and one that is gone.
    const units = [
      { address: 'RULES/RULES', title: 'Rules', body: '# Rules\n\n' },
      { address: 'RULES/RULES/SECTION-1', title: 'Section 1', body: 'older text\n' },
      { address: 'RULES/RULES/SECTION-2', title: 'Section two', body: '## Section 2\n\nText. 2\n' },
      { address: 'RULES/RULES/SECTION-9', title: 'Section 9', body: 'gone\n' },
    ];
    await createMany(
      admin,
      units.map((unit) => spec({ ...unit, parent_ref: null })),
    );
    const before = await contents(database);
    const at = folder({
      'rules.md': `${sections(2)}\n## Section 3\n\nnew\n`.replace('Text. 2\n\n', 'Text. 2\n'),
    });
    const out = join(at, 'out');
    const { report } = await lane(reader.url, join(at, 'rules.md'), out);
    expect(report).toMatchObject({ exit: 0, verdict: 'compared', findings: [] });
    const [item] = report.items;
    expect(item).toMatchObject({
      units: { new: 1, same: 1, changed: 2, gone: 1, taken: 0, spent: 0 },
      attempts: 9,
      live: { what: 'cut, LIVE', sqlstate: '42501', refused: true },
      execution_enabled: false,
      pinned: false,
      runs: 0,
      not_seen: [],
    });
    expect(await contents(database)).toEqual(before);
    expect(readdirSync(out).sort()).toEqual(['reports', 'runs', 'summary.json']);
    expect(read(out, 'summary.json')).toEqual(item);
    expect(read(out, `runs/${item!.run_id}.json`)).toMatchObject({ manifest_digest: item!.manifest_digest });
    expect(
      read(out, 'reports/live-units.json').map(({ title, body }: Record<string, string>) => [title, body]),
    ).toEqual(expect.arrayContaining(units.map(({ title, body }) => [title, body])));
    const attempts = read(out, 'reports/attempts.json');
    const codes = (setting: string) =>
      attempts
        .filter((one: { setting: string }) => one.setting === setting)
        .map((one: { sqlstate: string }) => one.sqlstate);
    // What a missing right does not refuse, the read-only transaction does; without that, only the right is left.
    expect(new Set(codes('read-only'))).toEqual(new Set(['42501', '25006']));
    expect(new Set(codes('taken off'))).toEqual(new Set(['42501']));
    const difference = read(out, 'reports/difference.json');
    expect(difference.map((row: Record<string, unknown>) => [row.address, row.change, row.fields])).toEqual([
      ['RULES/RULES', 'same', []],
      ['RULES/RULES/SECTION-1', 'changed', ['body']],
      ['RULES/RULES/SECTION-2', 'changed', ['title']],
      ['RULES/RULES/SECTION-3', 'new', []],
      ['RULES/RULES/SECTION-9', 'gone', []],
    ]);
    // Nothing of it is anywhere else: the folder is full now, and one rm -r makes room.
    const again = await lane(reader.url, join(at, 'rules.md'), out);
    expect(again.report).toMatchObject({ exit: 2, findings: [{ code: 'out_exists' }] });
    rmSync(out, { recursive: true });
    expect(readdirSync(at)).toEqual(['rules.md']);
  });
});

describe.each(servers.slice(0, 1))('whom the read-only lane takes, on $name', (server) => {
  it('refuses any login that could write, with the exact ways, and writes no file', async () => {
    const { database, executor } = await cutDatabase(server);
    const reader = 'in role context_pack_readonly';
    const logins = await Promise.all(
      ['', 'createrole', 'createdb'].map((options) => login(server, database, `${options} ${reader}`)),
    );
    const [granted, creator, maker] = logins as [(typeof logins)[0], (typeof logins)[0], (typeof logins)[0]];
    await query(database.url, `grant update (value) on public.dot_config to ${granted.name}`);
    const aside = await login(server, database, `noinherit ${reader}, pg_write_all_data`);
    const at = folder({ 'rules.md': sections(1) });
    const cases: Array<[string, RegExp]> = [
      [database.url, /superuser/],
      [executor, /it may call fn_cut_apply\(text,text,bytea\), which runs as workflow_admin/],
      [granted.url, /^it may write dot_config$/],
      [creator.url, /create roles/],
      [maker.url, /create databases/],
      [aside.url, /member of pg_write_all_data/],
    ];
    await Promise.all(
      cases.map(async ([url, detail], index) => {
        const { report } = await lane(url, join(at, 'rules.md'), join(at, `out-${index}`));
        expect(report).toMatchObject({ exit: 5, items: [], findings: [{ code: 'may_write' }] });
        expect(report.findings[0]!.detail).toMatch(detail);
        expect(existsSync(join(at, `out-${index}`))).toBe(false);
      }),
    );
  });

  it('is inconclusive for what it may not see, and makes nothing up', async () => {
    const { database } = await cutDatabase(server);
    const nobody = await login(server, database, '');
    const at = folder({ 'rules.md': sections(1) });
    const out = join(at, 'out');
    const { report } = await lane(nobody.url, join(at, 'rules.md'), out);
    expect(report).toMatchObject({ exit: 6, verdict: 'inconclusive' });
    expect(report.findings.map(({ code }) => code)).toEqual(Array(4).fill('not_seen'));
    expect(report.items).toMatchObject([{ units: null, pinned: null, runs: null, execution_enabled: null }]);
    expect([read(out, 'reports/difference.json'), read(out, 'reports/live-units.json')]).toEqual([
      null,
      null,
    ]);
  });

  it('refuses what is no such run: no lane, no folder, a full one, no database, one without IU Core', async () => {
    const { database } = await cutDatabase(server);
    const reader = await login(server, database, 'in role context_pack_readonly');
    const at = folder({ 'rules.md': sections(1) });
    writeFileSync(join(at, 'full'), 'mine');
    const file = join(at, 'rules.md');
    const dryrun = ['dryrun', file, '--prefix', 'RULES'];
    const out = join(at, 'out');
    const empty = await freshDatabase(server);
    const stranger = await login(server, empty, '');
    const cases: Array<[string, string[], number, string]> = [
      [reader.url, [...dryrun, '--out', out], 2, 'usage'],
      [reader.url, [...dryrun, '--read-only'], 2, 'usage'],
      [reader.url, [...dryrun, '--read-only', '--out', at], 2, 'out_exists'],
      [reader.url, [...dryrun, '--read-only', '--out', join(at, 'full')], 2, 'out_exists'],
      ['embedded', [...dryrun, '--read-only', '--out', out], 2, 'no_database'],
      [stranger.url, [...dryrun, '--read-only', '--out', out], 3, 'not_installed'],
    ];
    const answers = await Promise.all(cases.map(async ([url, args]) => (await cut(url, ...args)).report));
    expect(answers.map(({ exit, findings }) => [exit, findings[0]!.code])).toEqual(
      cases.map(([, , exit, code]) => [exit, code]),
    );
    expect(existsSync(out)).toBe(false);
  });
});
