import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadProject } from '../../../scripts/apply/index.ts';
import { connect, createDatabase, openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import { ARTICLES, iu, makeProject, oneServer, query, REAL_PROJECT } from '../support/index.ts';
import { items } from './files.ts';

const admin = (body: string) => `set local role workflow_admin;\n${body}\nreset role;`;
const script = (body: string) => `begin;\n${body}\ncommit;\n`;

const INSERT = `insert into public.article values ('1', 'Human dignity shall be inviolable.'), ('20', 'Democracy.');`;
const MOTIONS = {
  name: 'motions',
  up: admin('create table public.motion (article text);'),
  down: admin('drop table public.motion;'),
};
const NOTE = {
  name: 'note',
  up: admin('alter table public.article add column note text;'),
  down: admin('alter table public.article drop column note;'),
};
const REWRITE = {
  name: 'rewrite',
  up: admin("update public.article set body = body || ' (in force)' where number = '1';"),
  down: admin("update public.article set body = replace(body, ' (in force)', '') where number = '1';"),
};
/** The rollback of migration `number`, saying what it destroys. */
const destroys = (number: number, { name, down }: typeof NOTE, text: string) => ({
  [`rollback/00000${number}-${name}.sql`]: `--! Title: undo ${name}\n--! Destroys: ${text}\n\n${down}\n`,
});

const said = (report: { items: unknown[] }) =>
  items.parse(report.items).map(({ name, run, verdict }) => `${run} ${name.slice(7)} ${verdict}`);

describe.each(oneServer)('iu rehearse of a project on $name', (server) => {
  // a server that others use: the roles have to be there
  beforeAll(() => query(server.url, readFileSync(join(REAL_PROJECT, 'migrations/roles.sql'), 'utf8')));
  const rehearse = (project: string, ...more: string[]) =>
    iu(['rehearse', ...more, '--target', server.url], project);

  it('catches rows that a rollback loses, and takes a declared loss for what it is', async () => {
    const project = makeProject([ARTICLES, MOTIONS, NOTE, REWRITE], {
      ...destroys(1, ARTICLES, 'all rows of article'),
      'test/seed.sql': script(
        `${INSERT} insert into public.motion values ('1'); update public.article set note = 'eternal' where number = '1';`,
      ),
    });
    const { report } = await rehearse(project);
    expect(report).toMatchObject({ verdict: 'not proven', exit: 1 });
    expect(said(report)).toEqual([
      'empty articles equal',
      'empty motions equal',
      'empty note equal',
      'empty rewrite empty',
      'seeded rewrite equal',
      'seeded note not-equal',
      'seeded motions not-equal',
      'seeded articles equal-with-declared-loss',
    ]);
    // the note is a value, the motion a row: both are gone when the rollback has been there
    expect(report.findings.map(({ code, file, object }) => [code, file, object])).toEqual([
      ['rows_not_given_back', 'rollback/000003-note.sql', 'public.article'],
      ['rows_not_given_back', 'rollback/000002-motions.sql', 'public.motion'],
    ]);
  });

  it('proves it when the losses are declared, and only the numbers that are asked for', async () => {
    const project = makeProject([ARTICLES, MOTIONS, REWRITE], {
      ...destroys(2, MOTIONS, 'all rows of motion'),
      'runtime/001_articles.sql': script(INSERT),
      'rollback/001_articles.sql': script('delete from public.article;'),
    });
    const { report } = await rehearse(project, '2');
    expect(report).toMatchObject({ verdict: 'proven', exit: 0, findings: [] });
    expect(said(report)).toEqual(['empty motions equal', 'seeded motions equal']);
  });

  it('says so where there are no rows, where they cannot be loaded, and how far it came', async () => {
    const none = await rehearse(makeProject([ARTICLES]));
    expect(none.report).toMatchObject({ exit: 0, items: [{ verdict: 'equal' }, { verdict: 'not-run' }] });
    expect(none.stderr).toContain('no rows to rehearse with');

    const broken = { ...MOTIONS, down: admin('drop table public.motions;') };
    const { report } = await rehearse(makeProject([ARTICLES, broken], { 'test/seed.sql': script(INSERT) }));
    expect(said(report)).toEqual([
      'empty articles equal',
      'empty motions not-inverted',
      'seeded motions not-inverted',
      'seeded articles not-run',
    ]);
    expect(report.findings).toMatchObject([
      { code: 'rollback_failed', file: 'rollback/000002-motions.sql', detail: expect.stringContaining('^') },
    ]);

    const unseeded = makeProject([ARTICLES], {
      'test/seed.sql': script('insert into public.articles values (1);'),
    });
    expect((await rehearse(unseeded)).report).toMatchObject({
      exit: 1,
      items: [
        { run: 'empty', verdict: 'equal' },
        { run: 'seeded', verdict: 'not-run' },
      ],
      findings: [{ code: 'not_seeded', file: 'test/seed.sql', detail: expect.stringContaining('^') }],
    });
  });

  it('makes no role on a server that others use, and leaves their databases alone', async () => {
    const scope = createScope();
    onTestFinished(() => scope.close());
    const own = await openTarget(server.target, scope, () => {});
    const root = await connect(own.url);
    await createDatabase(root, 'somebody');
    await root.query(
      'create role installer login createdb createrole; alter database somebody owner to installer',
    );
    await root.end();
    const url = own.database('somebody').replace('//postgres@', '//installer@');
    await query(url, 'create table theirs as select 1 as n');
    const databases = () => query(own.url, 'select datname::text from pg_database order by 1');
    const roles = () => query(own.url, 'select rolname::text from pg_roles order by 1');
    const before = [await databases(), await roles()];

    const project = makeProject([ARTICLES]);
    const refused = await iu(['rehearse', '--target', url], project);
    expect(refused.report).toMatchObject({ exit: 5, findings: [{ code: 'roles_missing' }] });
    expect(refused.report.findings[0]!.message).toContain('role workflow_admin');
    expect([await databases(), await roles()]).toEqual(before);

    await iu(['migrate', '--target', url], project);
    const after = [await databases(), await roles()];
    const { report } = await iu(['rehearse', '--target', url], project);
    expect(report).toMatchObject({ verdict: 'proven without a seeded run', exit: 0 });
    expect([await databases(), await roles()]).toEqual(after);
    expect(await query(url, 'select n from theirs')).toEqual([{ n: 1 }]);
  });

  // The whole chain is proven by `iu prove`, in .ci/run on each server.
  it('proves the newest migration of the real project, with rows in every table of it', async () => {
    const { migrations } = await loadProject(REAL_PROJECT);
    const { report } = await rehearse(REAL_PROJECT, String(migrations.length));
    expect(report).toMatchObject({ verdict: 'proven', exit: 0, findings: [] });
    const seeded = items.parse(report.items).filter(({ run }) => run === 'seeded');
    const { data } = seeded[0]!;
    expect(data.length).toBeGreaterThan(50);
    const top = data.filter(({ before }) => (before?.rows ?? 0) === 0).map(({ table }) => table);
    // Partitions that were made ahead are empty, and stay so.
    const empty = top.filter((table) => !/^public\.event_outbox_p[2-5]$/.test(table));
    expect(empty, 'add rows of these tables to test/seed.sql').toEqual([]);
    expect(seeded.map(({ verdict }) => verdict)).not.toContain('not-run');
  });
});
