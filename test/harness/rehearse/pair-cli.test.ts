import { describe, expect, it } from 'vitest';
import { iu, makeProject, oneServer, query, startIu, until } from '../support/index.ts';
import { folder, items, rehearser } from './files.ts';

const BASE = `create table law (id int primary key, title text);\ninsert into law values (1, 'Grundgesetz');\n`;
const UP = 'alter table law add column note text;\n';
const DOWN = 'alter table law drop column note;\n';
const SLEEP = 'create table note (); select pg_sleep(60);';

const pairArgs = (url: string, ...more: string[]) => [
  'rehearse',
  '--layout',
  'pair',
  'up.sql',
  'down.sql',
  '--target',
  url,
  ...more,
];

describe.each(oneServer)('iu rehearse --layout pair on $name', (server) => {
  it('needs no superuser, says what it compared, and leaves no database behind', async () => {
    const { url, scratch } = await rehearser(server, 'createdb');
    const cwd = folder({
      'up.sql': UP,
      'down.sql': DOWN,
      'base.sql': BASE,
      'seed.sql': `insert into law values (2, 'Strafgesetzbuch');`,
    });
    const args = pairArgs(url, '--base', 'base.sql', '--seed', 'seed.sql');
    const { report } = await iu(args, cwd);
    expect(report).toMatchObject({ verb: 'rehearse', verdict: 'proven', exit: 0, findings: [] });
    const rehearsed = items.parse(report.items);
    expect(rehearsed.map(({ name, run, verdict }) => [name, run, verdict])).toEqual([
      ['up.sql', 'empty', 'equal'],
      ['up.sql', 'seeded', 'equal'],
    ]);
    expect(rehearsed[1]!.data).toMatchObject([
      { table: 'public.law', mode: 'bytes', before: { rows: 2 }, after: { rows: 2 } },
    ]);
    expect(await scratch()).toEqual([]);
  });

  it('names what a rollback forgets, and the rows it loses, and leaves no database behind', async () => {
    const { url, scratch } = await rehearser(server, 'createdb');
    const cwd = folder({
      'base.sql': BASE,
      'up.sql': `comment on table law is 'Laws.';`,
      'down.sql': 'delete from law;',
    });
    const { report } = await iu(pairArgs(url, '--base', 'base.sql'), cwd);
    expect(report).toMatchObject({
      verdict: 'not proven',
      exit: 1,
      findings: [
        { code: 'not_rolled_back', file: 'down.sql', object: 'table public.law' },
        { code: 'rows_not_given_back', file: 'down.sql', object: 'public.law' },
      ],
    });
    expect(items.parse(report.items)).toMatchObject([
      {
        verdict: 'not-equal',
        facts: [{ object: 'table public.law', field: 'comment', before: null, after: 'Laws.' }],
        data: [{ table: 'public.law', mode: 'bytes', before: { rows: 1 }, after: { rows: 0 } }],
      },
    ]);
    expect(await scratch()).toEqual([]);
  });

  it.each([
    ['base.sql', { 'base.sql': 'create table law (id itn);' }, 'finding', 'itn'],
    ['down.sql', { 'down.sql': 'alter table law drop column nota;' }, 'not proven', 'nota'],
  ])('shows the place of what the server refuses in %s', async (file, files, verdict, words) => {
    const { url, scratch } = await rehearser(server, 'createdb');
    const cwd = folder({ 'up.sql': UP, 'down.sql': DOWN, 'base.sql': BASE, ...files });
    const { report } = await iu(pairArgs(url, '--base', 'base.sql'), cwd);
    expect(report).toMatchObject({ verdict, exit: 1, findings: [{ file }] });
    expect(report.findings[0]!.detail).toContain(words);
    expect(report.findings[0]!.detail).toMatch(/\| +\^/);
    expect(await scratch()).toEqual([]);
  });

  it('is inconclusive where rows may not be read, and never clean', async () => {
    const { url, scratch } = await rehearser(server, 'createdb');
    const cwd = folder({
      'up.sql': UP,
      'down.sql': DOWN,
      'base.sql': `${BASE} alter table law enable row level security, force row level security;`,
    });
    const { report } = await iu(pairArgs(url, '--base', 'base.sql'), cwd);
    expect(report).toMatchObject({
      verdict: 'inconclusive',
      exit: 6,
      items: [{ verdict: 'inconclusive', reason: expect.stringContaining('law') }],
      findings: [{ code: 'unreadable_rows' }],
    });
    expect(await scratch()).toEqual([]);
  });

  it('refuses a login that may not create databases', async () => {
    const { url } = await rehearser(server, 'nocreatedb');
    const { report } = await iu(pairArgs(url), folder({ 'up.sql': UP, 'down.sql': DOWN }));
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'may_not_create_database' }] });
    expect(report.findings[0]!.next).toContain('createdb');
  });

  it('refuses what reaches beyond its own database, before a line runs', async () => {
    const { url, scratch } = await rehearser(server, 'createdb');
    const cwd = folder({
      'up.sql': UP,
      'down.sql':
        '--! NoTransaction\n\ndrop role pg_monitor; alter system set work_mem = 1; drop database postgres;',
    });
    const { report } = await iu(pairArgs(url), cwd);
    expect(report).toMatchObject({ exit: 5, items: [] });
    expect(report.findings.map(({ code, file }) => [code, file])).toEqual(
      Array(3).fill(['cluster_wide', 'down.sql']),
    );
    expect(await scratch()).toEqual([]);
  });

  it('SIGTERM drops its database; kill -9 leaves it to the next run, which spares a live one', async () => {
    const { url, name, scratch } = await rehearser(server, 'createdb');
    const sleeping = folder({ 'up.sql': SLEEP, 'down.sql': DOWN });
    const good = folder({ 'up.sql': UP, 'down.sql': DOWN, 'base.sql': BASE });
    const start = async () => {
      const before = await scratch();
      const run = startIu(pairArgs(url), sleeping);
      const made = await until('its file to sleep', async () => {
        const text = `select datname::text as name from pg_stat_activity
                       where usename = $1 and query like '%pg_sleep%' and state = 'active'`;
        const rows = await query(server.url, text, [name]);
        return rows.map((row) => String(row.name)).find((database) => !before.includes(database));
      });
      return { run, made };
    };

    const stopped = await start();
    process.kill(stopped.run.pid!, 'SIGTERM');
    expect((await stopped.run).exitCode).toBe(143);
    expect(await scratch()).toEqual([]);

    const live = await start();
    expect((await iu(pairArgs(url, '--base', 'base.sql'), good)).code).toBe(0);
    expect(await scratch()).toEqual([live.made]);

    process.kill(live.run.pid!, 'SIGKILL');
    await live.run;
    // what it was running goes on in the server until somebody ends it
    await query(server.url, 'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
      name,
    ]);
    await until('its sessions to end', async () => {
      const rows = await query(server.url, 'select from pg_stat_activity where usename = $1', [name]);
      return rows.length === 0;
    });
    const { code, stderr } = await iu(pairArgs(url, '--base', 'base.sql'), good);
    expect(code).toBe(0);
    expect(stderr).toContain(`dropped ${live.made}`);
    expect(await scratch()).toEqual([]);
  });
});

describe('iu rehearse, told nonsense', () => {
  const good = { 'up.sql': UP, 'down.sql': DOWN };

  it.each([
    [['--layout', 'pair', 'up.sql'], 'two files'],
    [['--layout', 'pair', 'up.sql', 'gone.sql'], 'gone.sql'],
    [['--layout', 'flyway', 'up.sql', 'down.sql'], 'pair'],
    [['up.sql'], 'no project'],
  ])('%j is a usage error', async (args, word) => {
    const { code, report } = await iu(['rehearse', ...args], folder(good));
    expect(code).toBe(2);
    expect(`${report.findings[0]!.message}`).toContain(word);
    expect(report.findings[0]!.next).toBeTruthy();
  });

  it('a number that no migration has', async () => {
    const { code, report } = await iu(['rehearse', '7'], makeProject([]));
    expect(code).toBe(2);
    expect(report.findings[0]!.message).toContain('7');
  });

  it('a seed without a pair', async () => {
    const { code } = await iu(['rehearse', '--seed', 'x.sql'], makeProject([]));
    expect(code).toBe(2);
  });

  it.each([
    ['frm', 'creat table t ();', 'syntax'],
    ['a half transaction', 'begin; create table t ();', 'COMMIT'],
    ['outside', 'create index concurrently i on t (a);', 'transaction'],
  ])('a file that is not sound: %s', async (_, text, word) => {
    const cwd = folder({ ...good, 'up.sql': text });
    const { code, report } = await iu(['rehearse', '--layout', 'pair', 'up.sql', 'down.sql'], cwd);
    expect(code).toBe(1);
    expect(report.findings[0]).toMatchObject({ file: 'up.sql', message: expect.stringContaining(word) });
  });
});
