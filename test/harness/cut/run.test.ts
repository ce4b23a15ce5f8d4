import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { aCut, TEXT } from '../schema/cut-run.support.ts';
import { contents } from '../schema/support.ts';
import { freshDatabase, iu, login, query, servers, startIu } from '../support/index.ts';
import { corpus, cut, cutDatabase, cutRun, folder, runItem, sections, sha256Of } from './runs.support.ts';
import { CORPUS } from './support.ts';

/** What a dry run may leave: its own record, and the source it is about. */
const LEDGER =
  /^cutter_governance\.(cut_run|cut_run_transition|cut_dryrun|manifest_envelope|manifest_unit_block|source_document|source_version)$/;

describe.runIf(CORPUS)('iu cut run on a server of its own', () => {
  it('needs nothing but a file and a prefix: plan, impact, verdict, and the source composed back', async () => {
    const file = corpus('us-constitution.md');
    const { code, report, stderr } = await iu(['cut', 'run', file, '--prefix', 'US-CONST']);
    expect({ code, verdict: report.verdict, findings: report.findings }).toEqual({
      code: 0,
      verdict: 'green',
      findings: [],
    });
    const item = runItem.parse(report.items[0]);
    expect(item).toMatchObject({
      mode: 'DRYRUN',
      state: 'closed',
      end: 'ended',
      verdict: 'green',
      units: 59,
      problem: null,
      events_recorded: true,
      events: { 'piece.created': 59, 'piece.enacted': 59, 'document.edition_frozen': 1 },
      left_behind: { verdict: 'clean-with-declared-residue', witness: { watched: true }, missing: [] },
    });
    expect(item.rows).toMatchObject({ 'public.information_unit': 59, 'public.unit_version': 59 });
    expect([item.source_sha256, item.reconstructed_sha256]).toEqual([sha256Of(file), sha256Of(file)]);
    expect(item.checks!.every(({ ok }) => ok)).toBe(true);
    for (const line of [
      /US-CONST\/UNITED-STATES-CONSTITUTION {2}heading {2}lines 3-6, \d+ B, 57 below/,
      /… and 19 more\n/,
      /59 {2}rows into public\.information_unit/,
      /59 {2}events piece\.created/,
      /a live cut would still miss \d+ of 17: .*SG_1/,
    ])
      expect(stderr).toMatch(line);
  });
});

describe.each(servers)('documents as they are, on $name', (server) => {
  const documents: Array<[name: string, prefix: string, profile: string]> = [
    ['synthetic/02-mixed-eol.md', 'MIXED', 'markdown-blocks'],
    // The rest of the corpus is for the tests of the functions: here one file is as good as another.
    ...(server === servers[0] ? [['rfc1951.txt', 'RFC-1951', 'text'] as [string, string, string]] : []),
  ];
  it.runIf(CORPUS).each(documents)(
    '%s: composed back byte for byte, by a login that only cuts; nothing stays but the record',
    async (name, prefix, profile) => {
      const { database, executor } = await cutDatabase(server);
      const file = corpus(name);
      const before = await contents(database);
      const { code, item } = await cutRun(executor, 'run', file, '--prefix', prefix, '--profile', profile);
      expect(code).toBe(0);
      expect(item).toMatchObject({ state: 'closed', verdict: 'green', events_recorded: false, events: {} });
      expect(item.left_behind).toMatchObject({
        verdict: 'clean',
        autonomousCommits: { verdict: 'impossible' },
      });
      expect(item.reconstructed_sha256).toBe(sha256Of(file));
      const after = await contents(database);
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      expect(changed.filter((table) => !LEDGER.test(table))).toEqual([]);
    },
  );
});

describe.each(servers.slice(0, 1))('iu cut run on $name', (server) => {
  it('pauses where a LIVE run needs a person: before the backup, and at SG_1', async () => {
    const { database, executor } = await cutDatabase(server);
    const backup = {
      kind: 'iu-backup',
      ref: 'b/1',
      sha256: 'a'.repeat(64),
      taken_at: new Date().toISOString(),
    };
    const at = folder({ 'rules.md': sections(3), 'backup.json': JSON.stringify(backup) });
    const live = ['run', join(at, 'rules.md'), '--prefix', 'RULES', '--mode', 'LIVE'];
    const first = await cutRun(executor, ...live);
    expect([first.code, first.report.verdict, first.item.state]).toEqual([
      0,
      'paused: no backup is stated (--backup)',
      'plan_ok',
    ]);
    const second = await cutRun(executor, ...live, '--backup', join(at, 'backup.json'));
    expect([second.code, second.report.verdict, second.item.state]).toEqual([
      0,
      'paused at SG_1',
      'awaiting_sg_1',
    ]);
    expect(second.item).toMatchObject({ run_id: first.item.run_id, verdict: 'green', end: 'sg-1' });
    const other = await cut(executor, 'run', join(at, 'rules.md'), '--prefix', 'RULES');
    expect(other.report).toMatchObject({ exit: 1, findings: [{ code: 'run_open' }] });
    expect(other.report.findings[0]!.next).toContain(`cut resume ${first.item.run_id}`);

    const run = first.item.run_id;
    const readiness = await cut(executor, 'readiness', run);
    expect(readiness.report.verdict).toMatch(/^\d+ of 17 missing$/);
    expect(readiness.report.items).toContainEqual(
      expect.objectContaining({ code: 'SG_1', state: 'open', owner: 'cutter_approver' }),
    );
    expect(readiness.stderr).toMatch(/ {2}open \(\d+\)\n[\s\S]* {2}closed \(\d+\)\n/);
    const plan = await cut(executor, 'plan', run);
    expect(plan.report).toMatchObject({ verdict: '4 units', exit: 0 });
    expect(plan.report.items.map(({ depth, units_below }) => [depth, units_below])).toEqual([
      [0, 3],
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    const stopped = await cut(executor, 'stop', run, '--reason', 'lunch');
    expect(stopped.report).toMatchObject({ exit: 0, verdict: 'stopped' });
    const halted = await cut(executor, ...live);
    expect(halted.report).toMatchObject({ exit: 1, findings: [{ code: 'run_halted' }] });
    expect(halted.report.findings[0]!.message).toContain('lunch');
    expect((await cutRun(executor, 'resume', run)).item).toMatchObject({
      state: 'awaiting_sg_1',
      run_id: run,
    });
    const approver = await login(server, database, 'in role cutter_approver');
    expect((await cut(approver.url, 'void', run, '--reason', 'wrong file')).report).toMatchObject({
      exit: 0,
      verdict: 'voided',
    });
    const status = await cut(executor, 'status', run);
    expect(status.report).toMatchObject({ verdict: 'voided', items: [{ run_id: run, terminal: true }] });
    expect(status.stderr).toMatch(/awaiting_sg_1 → stopped \(stop\) by \S+: lunch/);
  });

  it('says why a dry run is red, keeps that, and goes on when it is mended', async () => {
    const { database, executor } = await cutDatabase(server);
    const at = folder({ 'rules.md': sections(3) });
    const file = join(at, 'rules.md');
    const opened = await cutRun(executor, 'run', file, '--prefix', 'RULES', '--mode', 'LIVE');
    // Somebody writes a unit of the document after it was planned.
    await query(
      database.url,
      `select public.fn_iu_create_many('[{"address": "RULES/RULES", "title": "", "body": "", "unit_kind": "law_unit",
        "section_type": "article", "owner_ref": "x", "parent_ref": null}]', 'x')`,
    );
    const backup = { kind: 'x', ref: 'y', sha256: 'a'.repeat(64), taken_at: new Date().toISOString() };
    const stated = join(folder({ 'b.json': JSON.stringify(backup) }), 'b.json');
    const red = await cutRun(executor, 'resume', opened.item.run_id, '--backup', stated);
    expect(red.report).toMatchObject({ exit: 1, verdict: 'red', findings: [{ code: 'manifest_refused' }] });
    expect(red.item).toMatchObject({ state: 'failed', end: 'halted', verdict: 'red' });
    const status = await cut(executor, 'status', opened.item.run_id);
    expect(status.report.items).toMatchObject([{ state: 'failed', dry_runs: [{ verdict: 'red' }] }]);
    // Another document of units that are there already is refused by its plan, by name.
    const second = await cut(
      executor,
      'run',
      join(folder({ 'b.md': sections(2) }), 'b.md'),
      '--prefix',
      'RULES',
    );
    expect(second.report.findings).toMatchObject([
      { code: 'manifest_refused', message: expect.stringMatching(/^document: /) },
    ]);
  });

  it('names line and byte of each piece that its plan refuses', async () => {
    const { database, executor } = await cutDatabase(server);
    const file = join(folder({ 'rules.md': sections(2) }), 'rules.md');
    await query(
      database.url,
      `select public.fn_iu_vocabulary_set('section_type', jsonb_agg(to_jsonb(t) || '{"active": false}'), 'x')
         from (select code, name, description, sort_order
                 from public.iu_section_type where code in ('heading', 'section')) as t`,
    );
    const { report } = await cut(executor, 'run', file, '--prefix', 'RULES');
    const places: Array<[string, number, number]> = [
      ['heading', 1, 0],
      ['section', 3, 9],
      ['section', 7, 32],
    ];
    expect(report).toMatchObject({
      exit: 1,
      findings: places.map(([type, line, byte]) => ({
        code: 'manifest_refused',
        message: `vocabulary: ${type} is no active section type (line ${line}, byte ${byte})`,
        file,
        object: expect.stringMatching(/^RULES/),
        next: expect.any(String),
      })),
    });
  });

  it('writes nothing for bytes that are cut already, and names the run that cut them', async () => {
    const { database, executor } = await cutDatabase(server);
    await withConnection(database.url, aCut);
    const [before, [made]] = [
      await contents(database),
      await query(database.url, 'select * from public.fn_cut_runs()'),
    ];
    const again = await cut(executor, 'run', join(folder({ 'a.md': TEXT }), 'a.md'), '--prefix', 'CUT-LIVE');
    expect(again.report).toMatchObject({
      exit: 0,
      verdict: 'already cut',
      findings: [],
      items: [{ run_id: made!.run_id }],
    });
    expect(await contents(database)).toEqual(before);
  });

  it('records no dry run that left something behind', async () => {
    const { database, executor } = await cutDatabase(server);
    // Somebody counts the units that come, where no rollback takes it back.
    await query(
      database.url,
      `create sequence public.counted;
       grant usage, select on public.counted to public;
       create function public.count_one() returns trigger language plpgsql as
         $$ begin perform nextval('public.counted'); return new; end $$;
       create trigger count_one after insert on public.information_unit
         for each row execute function public.count_one()`,
    );
    const file = join(folder({ 'rules.md': sections(3) }), 'rules.md');
    const leaked = await cutRun(executor, 'run', file, '--prefix', 'RULES');
    expect(leaked.report).toMatchObject({
      exit: 1,
      verdict: 'leaked',
      findings: [{ code: 'residue_sequence_moved', object: 'public.counted' }],
    });
    expect(leaked.item).toMatchObject({ state: 'awaiting_sg_1', end: 'leaked', verdict: null });
    await query(database.url, 'drop trigger count_one on public.information_unit');
    const { item } = await cutRun(executor, 'resume', leaked.item.run_id);
    expect(item).toMatchObject({ state: 'closed', verdict: 'green' });
  });

  it('takes bytes that the database does not keep from the file, each time', async () => {
    const { executor } = await cutDatabase(server);
    const at = folder({ 'rules.md': sections(2), 'other.md': sections(4) });
    const file = join(at, 'rules.md');
    const run = await cutRun(executor, 'run', file, '--prefix', 'RULES', '--no-keep', '--mode', 'LIVE');
    expect(run.item.state).toBe('plan_ok');
    const backup = { kind: 'x', ref: 'y', sha256: 'a'.repeat(64), taken_at: new Date().toISOString() };
    const stated = join(folder({ 'b.json': JSON.stringify(backup) }), 'b.json');
    const resume = ['resume', run.item.run_id];
    const none = await cut(executor, ...resume, '--backup', stated);
    expect(none.report).toMatchObject({ exit: 2, findings: [{ code: 'file_needed' }] });
    const other = await cut(executor, ...resume, join(at, 'other.md'));
    expect(other.report).toMatchObject({ exit: 1, findings: [{ code: 'source_needed' }] });
    expect((await cutRun(executor, ...resume, file)).item).toMatchObject({
      state: 'awaiting_sg_1',
      verdict: 'green',
    });
  });

  it('refuses what cannot be run, each with its own code and exit', async () => {
    const { database, executor } = await cutDatabase(server);
    const at = folder({ 'a.md': '# A\n', 'bad.md': Buffer.from([0x23, 0x20, 0xff]), 'b.json': '{}' });
    const file = join(at, 'a.md');
    const run = ['run', file, '--prefix', 'DOC'];
    const nobody = await login(server, database, '');
    const empty = await freshDatabase(server);
    const cases: Array<[string, string[], number, string]> = [
      [executor, ['run', file], 2, 'usage'],
      [executor, ['run', join(at, 'bad.md'), '--prefix', 'DOC'], 1, 'not_utf8'],
      [executor, [...run, '--mode', 'LIVE', '--backup', join(at, 'b.json')], 2, 'backup_invalid'],
      [nobody.url, run, 5, 'not_granted'],
      [empty.url, run, 3, 'not_installed'],
      [executor, ['void', 'ictr-none', '--reason', 'x'], 5, 'not_granted'],
      [executor, ['status', 'ictr-none'], 2, 'run_unknown'],
      [executor, ['plan'], 2, 'usage'],
      [executor, ['stop', 'ictr-none'], 2, 'usage'],
      ['embedded', ['status'], 2, 'no_database'],
      ['embedded', [...run, '--mode', 'LIVE'], 5, 'live_on_disposable'],
    ];
    const answers = await Promise.all(
      cases.map(async ([url, args]) => {
        const { report } = await cut(url, ...args);
        expect(report.findings[0]!.next, args.join(' ')).toEqual(expect.any(String));
        return [args, report.exit, report.findings[0]!.code];
      }),
    );
    expect(answers).toEqual(cases.map(([, args, exit, code]) => [args, exit, code]));
    // Once a run has ended the same bytes may be cut by other rules; while one is open it goes on with its own.
    expect((await cutRun(executor, ...run)).code).toBe(0);
    const live = [...run, '--mode', 'LIVE'];
    const blocks = await cut(executor, ...live, '--profile', 'markdown-blocks');
    expect(blocks.report).toMatchObject({ exit: 0, verdict: 'paused: no backup is stated (--backup)' });
    const other = await cut(executor, ...live);
    expect(other.report).toMatchObject({ exit: 1, findings: [{ code: 'marked_otherwise' }] });
    const people = await startIu(['cut', 'status', '--target', executor]);
    expect(people.stdout).toMatch(/ictr-\S+ {2}DRYRUN {2}closed +DOC\n/);
  });
});
