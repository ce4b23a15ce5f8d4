import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPgDump } from '../../../scripts/backup/find.ts';
import { freshDatabase, iu, login, makeProject, query, servers, startIu, until } from '../support/index.ts';
import { files, folder, oddDatabase, REAL, restoreThen, tampered } from './support.ts';

const ROWS = `create table public.article (number text primary key, body text not null);
insert into public.article select i::text, repeat('Điều ' || i, 20) from generate_series(1, 300) i;`;
const majorOf = (name: string) => Number(/\d+/.exec(name)![0]);
const scratch = (url: string) =>
  query(url, "select datname from pg_database where datname ~ '^iu_backup_check'");

describe.each(servers)('a backup of $name', async (server) => {
  const able = (await findPgDump(majorOf(server.name), [])) !== null;

  it.skipIf(able)(
    'is refused where only an older pg_dump is installed, and says what to install',
    async () => {
      const { url } = await freshDatabase(server);
      const out = folder();
      const { report, code } = await iu(['backup', '--out', out, '--target', url]);
      expect(code).toBe(5);
      expect(report.findings).toMatchObject([
        {
          code: expect.stringMatching(/^(old|no)_pg_dump$/),
          message: expect.stringContaining(`PostgreSQL ${majorOf(server.name)}`),
          next: expect.stringContaining(`postgresql-client-${majorOf(server.name)}`),
        },
      ]);
      expect(readdirSync(out)).toEqual([]);
    },
  );

  it.runIf(able)('holds one of everything, and what was restored elsewhere is equal', async () => {
    const database = await oddDatabase(server);
    const out = folder();
    const { report } = await iu([
      'backup',
      '--out',
      out,
      '--target',
      database.url,
      '--receipt',
      join(out, 'r'),
    ]);
    expect(report).toMatchObject({ verdict: 'restored', exit: 0, findings: [] });
    const [item] = report.items as [Record<string, never> & { folder: string; restore: string[] }];
    expect(item).toMatchObject({
      mechanism: 'pg_dump',
      grade: 'restored',
      why: null,
      fingerprint: null,
      file: 'database.dump',
      seal: expect.stringMatching(/^[0-9a-f]{64}$/),
      snapshot: expect.stringMatching(/^[0-9A-F-]+$/),
      data: { tables: 4, rows: 6 },
      restoredOn: `a temporary server of PostgreSQL ${majorOf(server.name)}`,
      server: { database: database.name },
    });
    const dump = readFileSync(join(item.folder, 'database.dump'));
    expect({ bytes: dump.length, sha256: createHash('sha256').update(dump).digest('hex') }).toEqual({
      bytes: item.bytes,
      sha256: item.sha256,
    });
    expect(item.restore.map((line) => /psql|createdb|pg_restore/.exec(line)?.[0])).toEqual([
      'psql',
      'createdb',
      'pg_restore',
    ]);
    const roles = readFileSync(join(item.folder, 'roles.sql'), 'utf8');
    expect(roles).toContain(`create role ${database.reader} `);
    expect(roles).toContain('migrations/roles.sql of the project');
    const { folder: where, ...record } = item;
    expect(JSON.parse(readFileSync(join(where, 'backup.json'), 'utf8'))).toEqual(record);
    expect(existsSync(join(out, 'r', 'receipt.json'))).toBe(true);
    expect(await scratch(server.url)).toEqual([]);
  });

  describe.runIf(able)('that goes wrong', () => {
    it('names every fact that was restored otherwise, and keeps no backup', async () => {
      const { url } = await freshDatabase(server);
      await query(
        url,
        `${ROWS} comment on table public.article is 'Điều'; create table public.motion as select 1 as x`,
      );
      const out = folder();
      const faults = `update public.article set body = 'x' where number = '7'; delete from public.motion;
        comment on table public.article is null; create role thief; alter table public.motion owner to thief`;
      const env = tampered({ pg_restore: restoreThen(faults) });
      const { report, code } = await iu(['backup', '--out', out, '--target', url], undefined, env);
      expect(code).toBe(1);
      expect(report).toMatchObject({ verdict: 'not-equal', findings: [{ code: 'not_equal' }] });
      expect(report.items).toMatchObject([
        { object: 'table public.article', field: 'comment', before: 'Điều', after: null },
        { object: 'table public.motion', field: 'owner', before: 'postgres', after: 'thief' },
        {
          object: 'rows of public.article',
          before: expect.stringMatching(/^300 rows/),
          after: expect.stringMatching(/^300 rows/),
        },
        {
          object: 'rows of public.motion',
          before: expect.stringMatching(/^1 rows/),
          after: expect.stringMatching(/^0 rows/),
        },
      ]);
      expect(readdirSync(out)).toEqual([]);
    });

    it.each([
      ['a dump that was cut off', { pg_dump: `${REAL}/pg_dump "$@" | head -c 3000` }, 'does_not_restore', 1],
      [
        'a dump that is none',
        { pg_dump: 'case "$1" in --version) echo "pg_dump (PostgreSQL) 15.9";; *) echo nonsense;; esac' },
        'not_listed',
        1,
      ],
      [
        'a pg_dump that fails',
        {
          pg_dump: `case "$1" in --version) echo "pg_dump (PostgreSQL) 15.9";; *) echo 'pg_dump: error: boom' >&2; exit 1;; esac`,
        },
        'dump_failed',
        5,
      ],
      [
        'a server for the check without room',
        {
          pg_restore: `case "$*" in *--list*) exec ${REAL}/pg_restore "$@";; esac; echo 'pg_restore: error: could not extend file: No space left on device' >&2; exit 1`,
        },
        'lower_grade',
        6,
      ],
    ])('%s', async (_, scripts, code, exit) => {
      const { url } = await freshDatabase(server);
      await query(url, ROWS);
      const out = folder();
      const { report } = await iu(['backup', '--out', out, '--target', url], undefined, tampered(scripts));
      expect(report).toMatchObject({ exit, findings: [{ code }] });
      expect(report.findings[0]!.next).toBeTruthy();
      // Listed is a backup too, and says of itself that it is no more.
      expect(readdirSync(out)).toHaveLength(code === 'lower_grade' ? 1 : 0);
    });

    it('is inconclusive when somebody altered the schema meanwhile', async () => {
      const { url } = await freshDatabase(server);
      await query(url, ROWS);
      const out = folder();
      const ddl = `${REAL}/psql -X -q "${url}" -c 'alter table public.article add note text'`;
      const env = tampered({ pg_dump: `${REAL}/pg_dump "$@" && case "$*" in *--snapshot*) ${ddl};; esac` });
      const { report } = await iu(['backup', '--out', out, '--target', url], undefined, env);
      expect(report).toMatchObject({ exit: 6, findings: [{ code: 'changed_while_backed_up' }] });
      expect(report.findings[0]!.detail).toContain('public.article.note');
      expect(readdirSync(out)).toEqual([]);
    });

    it('is not disturbed by rows that others write and sequences that they move meanwhile', async () => {
      const { url } = await freshDatabase(server);
      await query(url, `${ROWS} create sequence public.motion`);
      const work = `insert into public.article values ('new', 'x'); select nextval('public.motion')`;
      const more = `${REAL}/psql -X -q "${url}" -c "${work}" >&2`;
      const env = tampered({
        pg_dump: `case "$*" in *--snapshot*) ${more};; esac; exec ${REAL}/pg_dump "$@"`,
      });
      const { report } = await iu(['backup', '--out', folder(), '--target', url], undefined, env);
      expect(report).toMatchObject({ exit: 0, items: [{ grade: 'restored', data: { rows: 300 } }] });
    });

    it('names what the login may not read', async () => {
      const database = await freshDatabase(server);
      await query(
        database.url,
        `${ROWS} create table public.secret (x int); create sequence public.hidden; alter table public.article enable row level security`,
      );
      const { name, url } = await login(server, database, '');
      await query(database.url, `grant select on public.article to ${name}`);
      const { report } = await iu(['backup', '--out', folder(), '--target', url]);
      expect(report).toMatchObject({ exit: 5, findings: [{ code: 'may_not_read' }] });
      for (const word of ['sequence public.hidden', 'table public.secret', 'public.article (row security)']) {
        expect(report.findings[0]!.message).toContain(word);
      }
    });

    it('on a full disk says so and leaves nothing', async ({ skip }) => {
      const out = join(folder(), 'small');
      mkdirSync(out);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', out], { stdio: 'pipe' });
      } catch {
        process.stdout.write('no file system may be mounted here: the test of a full disk is left out\n');
        return skip();
      }
      onTestFinished(() => void execFileSync('umount', [out]));
      const { url } = await freshDatabase(server);
      await query(
        url,
        'create table public.noise as select sha256(i::text::bytea) as x from generate_series(1, 20000) i',
      );
      const { report } = await iu(['backup', '--out', out, '--target', url]);
      expect(report).toMatchObject({
        exit: 5,
        findings: [{ code: 'disk_full', next: expect.stringContaining('--out') }],
      });
      expect(readdirSync(out)).toEqual([]);
    });

    it('is killed: nothing there looks like a backup, and the next run names it and removes it', async () => {
      const { url } = await freshDatabase(server);
      await query(url, ROWS);
      const out = folder();
      const env = tampered({
        pg_dump: `case "$1" in --version) exec ${REAL}/pg_dump "$@";; esac; ${REAL}/pg_dump "$@"; read wait`,
      });
      const run = startIu(['backup', '--out', out, '--target', url], undefined, env);
      await until('the dump to be under way', async () =>
        files(out).some((file) => readFileSync(file).length > 0),
      );
      process.kill(run.pid!, 'SIGKILL');
      await run;
      expect(readdirSync(out)).toEqual([expect.stringMatching(/^\.partial-/)]);
      const next = await iu(['backup', '--out', out, '--target', url]);
      expect(next.stderr).toMatch(/removed .*\.partial-.*left by process \d+/);
      expect(readdirSync(out)).toEqual([expect.not.stringMatching(/^\./)]);
    });

    it('is interrupted: everything is removed', async () => {
      const { url } = await freshDatabase(server);
      const out = folder();
      const env = tampered({
        pg_dump: `case "$1" in --version) exec ${REAL}/pg_dump "$@";; esac; ${REAL}/pg_dump "$@"; read wait`,
      });
      const run = startIu(['backup', '--out', out, '--target', url], undefined, env);
      await until('the dump to be under way', async () =>
        files(out).some((file) => readFileSync(file).length > 0),
      );
      process.kill(run.pid!, 'SIGTERM');
      expect((await run).exitCode).toBe(143);
      expect(readdirSync(out)).toEqual([]);
    });

    it('has a project whose roles cannot be made', async () => {
      const { url } = await freshDatabase(server);
      const project = makeProject([], { 'migrations/roles.sql': 'create role;' });
      const { report } = await iu(['backup', '--out', folder(), '--target', url], project);
      expect(report).toMatchObject({ exit: 1, findings: [{ code: 'roles_do_not_run' }] });
    });
  });
});

describe('the command line of backup', () => {
  it.each([
    [['backup'], '--out'],
    [['backup', '--out', 'x', '--grade', 'perfect'], 'perfect'],
    [['backup', '--vouched', 'rsync'], 'rsync'],
    [['backup', '--vouched', 'barman'], 'barman'],
  ])('%j is a usage error', async (args, word) => {
    const { report, code } = await iu(args);
    expect(code).toBe(2);
    expect(`${report.findings[0]!.message} ${report.findings[0]!.next}`).toContain(word);
  });

  it('refuses a folder that cannot be made', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const { report } = await iu(['backup', '--out', file]);
    expect(report).toMatchObject({ exit: 2, findings: [{ code: 'no_such_folder' }] });
  });
});
