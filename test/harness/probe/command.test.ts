import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ARTICLES,
  freshDatabase,
  iu,
  makeProject,
  oneServer,
  query,
  REAL_PROJECT,
} from '../support/index.ts';

const probe = (body: string, headers = '') => `${headers}begin;\n${body}\nrollback;\n`;
const scenario = (ok: boolean) => `select 'it holds' as scenario, ${ok} as ok, 'seen' as detail;`;

/** The item of docs/iu-probe.md. */
const item = z.strictObject({
  file: z.string(),
  verdict: z.enum(['clean', 'clean-with-declared-residue', 'leaked', 'committed', 'refused', 'inconclusive']),
  scenarios: z.array(
    z.strictObject({ scenario: z.string(), ok: z.boolean(), detail: z.string().nullable() }),
  ),
  impact: z
    .strictObject({
      tables: z.array(
        z.strictObject({ table: z.string(), inserted: z.int(), updated: z.int(), deleted: z.int() }),
      ),
      locks: z.array(z.strictObject({ object: z.string(), modes: z.string() })),
      functions: z.array(z.strictObject({ function: z.string(), calls: z.int() })).nullable(),
    })
    .nullable(),
  residues: z.array(z.strictObject({ class: z.string(), object: z.string(), detail: z.string() })),
  missing: z.array(z.string()),
  autonomousCommits: z
    .strictObject({ verdict: z.enum(['impossible', 'none', 'seen', 'unknown']), because: z.string() })
    .nullable(),
  reach: z.array(z.string()),
  witness: z.strictObject({ watched: z.boolean(), because: z.string() }),
  idsConsumed: z.int(),
  notObserved: z.array(z.string()),
  xid: z.string().nullable(),
  xactStatus: z.string().nullable(),
});

const FILES = {
  'sandbox/001_good.sql': probe(
    `insert into public.article values ('1', 'Human dignity shall be inviolable.');\n${scenario(true)}`,
  ),
  'sandbox/002_leak.sql': probe("select nextval('public.docket');"),
  'sandbox/003_commit.sql': "begin;\nselect nextval('public.docket');\ncommit;\nrollback;\n",
  'sandbox/004_error.sql': probe('select artikel from public.article;'),
  'sandbox/005_false.sql': probe(scenario(false)),
  'sandbox/006_declared.sql': probe(
    "select nextval('public.docket');",
    '--! Residue: sequence public.docket\n',
  ),
  'sandbox/007_stale.sql': probe('select 1;', '--! Residue: sequence public.docket\n'),
};

describe.each(oneServer)('iu probe on $name', (server) => {
  const prepared = async () => {
    const { url } = await freshDatabase(server);
    await query(url, 'create table public.article (number text primary key, body text)');
    await query(url, 'create sequence public.docket');
    await query(
      url,
      'do $$begin create role iu_probe_clerk login; exception when duplicate_object then end$$',
    );
    await query(url, 'grant select, insert on public.article to iu_probe_clerk');
    await query(url, 'grant usage, select on sequence public.docket to iu_probe_clerk');
    return { url, clerk: url.replace('//postgres@', '//iu_probe_clerk@') };
  };

  it('runs all of sandbox/ as a login without reach: each verdict, each finding, one shape', async () => {
    const { clerk } = await prepared();
    const { report, code, stderr } = await iu(['probe', '--target', clerk], makeProject([], FILES));
    expect(code).toBe(1);
    expect(report.verdict).toBe('leaked');
    const items = report.items.map((one) => item.parse(one));
    expect(items.map(({ file, verdict }) => [file, verdict])).toEqual([
      ['sandbox/001_good.sql', 'clean'],
      ['sandbox/002_leak.sql', 'leaked'],
      ['sandbox/003_commit.sql', 'refused'],
      ['sandbox/004_error.sql', 'clean'],
      ['sandbox/005_false.sql', 'clean'],
      ['sandbox/006_declared.sql', 'clean-with-declared-residue'],
      ['sandbox/007_stale.sql', 'clean'],
    ]);
    expect(report.findings.map(({ code: kind, file, object }) => [kind, file, object])).toEqual([
      ['residue_sequence_moved', 'sandbox/002_leak.sql', 'public.docket'],
      ['transaction_control', 'sandbox/003_commit.sql', undefined],
      ['server_error', 'sandbox/004_error.sql', undefined],
      ['scenario_failed', 'sandbox/005_false.sql', undefined],
      ['stale_residue', 'sandbox/007_stale.sql', 'public.docket'],
    ]);
    expect(report.findings[2]!.detail).toMatch(/artikel from.*\n.*\^/);
    expect(items[0]).toMatchObject({
      scenarios: [{ scenario: 'it holds', ok: true, detail: 'seen' }],
      autonomousCommits: { verdict: 'impossible' },
      xactStatus: 'aborted',
    });
    expect(items[3]!.scenarios).toMatchObject([{ ok: false }]);
    expect(stderr).toContain('sandbox/001_good.sql');
  });

  it('runs one by number or by file, and exits 0', async () => {
    const { clerk } = await prepared();
    const project = makeProject([], FILES);
    const byNumber = await iu(['probe', '1', '--target', clerk], project);
    const byFile = await iu(['probe', 'sandbox/001_good.sql', '--target', clerk], project);
    for (const { report } of [byNumber, byFile]) {
      expect(report).toMatchObject({ verdict: 'clean', exit: 0, findings: [] });
      expect(report.items).toMatchObject([{ file: 'sandbox/001_good.sql' }]);
    }
    const none = await iu(['probe', '99', '--target', clerk], project);
    expect(none.report).toMatchObject({ exit: 2, findings: [{ code: 'no_such_probe' }] });
  });

  it('is inconclusive as a superuser without a witness, and executes nothing of what it refuses', async () => {
    const { url } = await prepared();
    const { report } = await iu(['probe', '1', '3', '--target', url], makeProject([], FILES));
    expect(report.items.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'refused']);
    const alone = await iu(['probe', '1', '--target', url], makeProject([], FILES));
    expect(alone.report).toMatchObject({
      verdict: 'inconclusive',
      exit: 6,
      findings: [{ code: 'probe_inconclusive', next: expect.stringContaining('--witness') }],
    });
    const [state] = await query(url, 'select last_value, is_called from public.docket');
    expect(state).toEqual({ last_value: '1', is_called: false });
  });

  it('on a disposable server applies the project first, with a witness', async () => {
    const project = makeProject([ARTICLES], { 'sandbox/001_good.sql': FILES['sandbox/001_good.sql'] });
    const { report } = await iu(['probe', '--target', server.target], project);
    expect(report).toMatchObject({ verdict: 'clean', exit: 0, findings: [] });
    expect(report.items).toMatchObject([
      { witness: { watched: true }, autonomousCommits: { verdict: 'none' } },
    ]);
  });
});

it('finds nothing that the probes of this repository leave', async () => {
  const { report } = await iu(['probe'], REAL_PROJECT);
  expect(report.findings).toEqual([]);
  const count = readdirSync(join(REAL_PROJECT, 'sandbox')).filter((name) => name.endsWith('.sql')).length;
  expect(report.items).toHaveLength(count);
  for (const one of report.items) expect(item.parse(one).verdict).toBe('clean');
});
