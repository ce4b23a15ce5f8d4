import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Event, firstBrokenEvent, type Receipt } from '../../../scripts/evidence/index.ts';
import { ARTICLES, iu, makeProject, oneServer } from '../support/index.ts';

const admin = (body: string) => `set local role workflow_admin;\n${body}\nreset role;`;
const script = (body: string) => `begin;\n${body}\ncommit;\n`;
const probe = (body: string) => `begin;\n${body}\nrollback;\n`;

/** A project in which every rollback, script and probe but the first of each kind has one planted fault. */
const FAULTY = () =>
  makeProject(
    [
      ARTICLES,
      {
        name: 'grant-forgotten',
        up: admin('grant insert on public.article to iu_editor;'),
        down: admin("comment on column public.article.body is 'Text.';"),
      },
      {
        name: 'body-forgotten',
        up: admin(
          'create or replace function public.fn_motto() returns text language sql return $$Einigkeit$$;\n' +
            'create sequence public.motion_number;',
        ),
        down: admin(
          'create or replace function public.fn_motto() returns text language sql return $$Recht$$;\n' +
            'drop sequence public.motion_number;',
        ),
      },
      { name: 'nothing-done', up: admin('select 1;'), down: admin('select 1;') },
      {
        name: 'not-invertible',
        up: admin('create table public.motion (id int);\ncreate sequence public.vote_number;'),
        down: admin('drop table public.motions;'),
      },
    ],
    {
      'runtime/001_good.sql': script(
        "insert into public.article values ('1', 'Human dignity shall be inviolable.') on conflict do nothing;\n" +
          "select 'the first article is there' as scenario, true as ok, null as detail;",
      ),
      'rollback/001_good.sql': script("delete from public.article where number = '1';"),
      'runtime/002_again.sql': script(
        "insert into public.article select count(*)::text || 'a', 'again' from public.article;",
      ),
      'rollback/002_again.sql': script("delete from public.article where number = '1a';"),
      'runtime/003_false.sql': script(
        "select 'all articles have a body' as scenario, false as ok, 'three have none' as detail;",
      ),
      'rollback/003_false.sql': script('select 1;'),
      'sandbox/001_good.sql': probe("insert into public.article values ('9', 'Associations.');"),
      'sandbox/002_sequence.sql': probe("select nextval('public.vote_number');"),
      'sandbox/003_error.sql': probe('select artikel from public.article;'),
      'sandbox/004_false.sql': probe("select 'nothing is missing' as scenario, false as ok, null as detail;"),
    },
  );

describe.each(oneServer)('prove on $name', (server) => {
  it('names every planted fault, accuses nothing else, and says so in its receipt', async () => {
    const project = FAULTY();
    const { report, code } = await iu(
      ['prove', '--target', server.target, '--receipt', join(project, 'out')],
      project,
    );
    expect(code).toBe(1);
    const found = report.findings.map(({ code: kind, file, object }) => [kind, file, object]);
    const expected = [
      ['not_rolled_back', 'rollback/000002-grant-forgotten.sql', expect.stringContaining('public.article')],
      [
        'not_rolled_back',
        'rollback/000002-grant-forgotten.sql',
        expect.stringContaining('public.article.body'),
      ],
      ['not_rolled_back', 'rollback/000003-body-forgotten.sql', expect.stringContaining('fn_motto()')],
      ['empty_up', 'migrations/committed/000004-nothing-done.sql', undefined],
      ['rollback_failed', 'rollback/000005-not-invertible.sql', undefined],
      ['not_idempotent', 'runtime/002_again.sql', 'public.article'],
      ['scenario_failed', 'runtime/003_false.sql', undefined],
      ['residue_sequence_moved', 'sandbox/002_sequence.sql', 'public.vote_number'],
      ['scenario_failed', 'sandbox/004_false.sql', undefined],
      ['not_reverted', 'rollback/002_again.sql', 'public.article'],
    ];
    expect(found).toEqual(expect.arrayContaining(expected));
    const good = /000001-articles|001_good/;
    expect(report.findings.filter(({ file }) => good.test(file ?? '')).map(({ file }) => file)).toEqual([]);
    const failed = report.findings.find(({ file }) => file === 'rollback/000005-not-invertible.sql');
    expect(failed?.detail).toMatch(/drop table public\.motions;\n.*\^/);
    expect(report.findings.find(({ file }) => file === 'sandbox/003_error.sql')?.message).toContain(
      'artikel',
    );

    const receipt: Receipt = JSON.parse(readFileSync(join(project, 'out/receipt.json'), 'utf8'));
    expect(receipt).toMatchObject({ verdict: 'not proven', exit: 1, findings: report.findings, notRun: [] });
    const html = readFileSync(join(project, 'out/receipt.html'), 'utf8');
    for (const { message } of report.findings) expect(html).toContain(message.slice(0, 20).split('"')[0]);
  });

  it('proves a good project, and its receipt cites a chain that adds up', async () => {
    const project = makeProject([ARTICLES]);
    const { report } = await iu(
      ['prove', '--target', server.target, '--receipt', join(project, 'out')],
      project,
    );
    expect(report).toMatchObject({ verdict: 'proven', exit: 0, findings: [], receipt: join(project, 'out') });
    const receipt: Receipt = JSON.parse(readFileSync(join(project, 'out/receipt.json'), 'utf8'));
    const chain: Event[] = JSON.parse(readFileSync(join(project, 'out/ledger.json'), 'utf8'));
    expect(firstBrokenEvent(chain)).toBeNull();
    expect(receipt.ledger).toEqual({ events: chain.length, head: chain.at(-1)!.hash });
    expect(chain.at(-1)).toMatchObject({ kind: 'prove', outcome: 'done' });
    expect(receipt.notProven.length).toBeGreaterThan(0);
    for (const change of [{ actor: 'nobody' }, { seq: 99 }, { hash: 'f'.repeat(64) }]) {
      const forged = chain.map((event, index) => (index === 3 ? { ...event, ...change } : event));
      expect(firstBrokenEvent(forged)).not.toBeNull();
    }
  });

  it('stops where a rollback leaves what the migration then fails on', async () => {
    const project = makeProject([{ ...ARTICLES, down: admin('comment on table public.article is null;') }]);
    const { report } = await iu(
      ['prove', '--target', server.target, '--receipt', join(project, 'out')],
      project,
    );
    expect(report).toMatchObject({ exit: 1, items: [{ verdict: 'not-reapplied' }] });
    expect(report.findings.map((finding) => finding.code)).toEqual(
      expect.arrayContaining(['not_reapplied', 'not_rolled_back']),
    );
  });

  it('stops at a migration that fails, names it, and what was not run', async () => {
    const project = makeProject([{ ...ARTICLES, up: admin('create table public.article (body txt);') }]);
    const { report } = await iu(
      ['prove', '--target', server.target, '--receipt', join(project, 'out')],
      project,
    );
    expect(report).toMatchObject({
      exit: 1,
      findings: [{ file: 'migrations/committed/000001-articles.sql' }],
    });
    expect(report.findings[0]!.detail).toMatch(/body txt.*\n.*\^/);
    const receipt: Receipt = JSON.parse(readFileSync(join(project, 'out/receipt.json'), 'utf8'));
    expect(receipt.notRun).toEqual([
      'runtime scripts',
      'sandbox probes',
      'pgTAP tests',
      'reverts of the runtime scripts',
    ]);
  });
});
