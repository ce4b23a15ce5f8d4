import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { loadProject } from '../../../scripts/apply/index.ts';
import { contents, schemaDatabase } from '../schema/support.ts';
import { freshDatabase, iu, login, oneServer, query, REAL_PROJECT, startIu } from '../support/index.ts';

/** The items of `iu doctor`. */
const check = z.strictObject({
  group: z.string(),
  check: z.string(),
  ok: z.boolean().nullable(),
  detail: z.string(),
  next: z.string().optional(),
});

async function doctor(url: string, ...options: string[]) {
  const { code, report } = await iu(['doctor', '--target', url, ...options]);
  const checks = z.array(check).parse(report.items);
  expect(report.findings.filter(({ next }) => !next)).toEqual([]);
  return { code, report, checks, groups: [...new Set(checks.map(({ group }) => group))] };
}

interface Fault {
  sql: string;
  /** `code object` of each finding, and nothing else. */
  findings: string[];
  next: RegExp;
}

const FAULTS: Record<string, Fault> = {
  'a grant that is missing': {
    sql: 'revoke execute on function public.fn_iu_get(text) from iu_editor',
    findings: ['grant_missing public.fn_iu_get(text)'],
    next: /^grant execute on function public\.fn_iu_get\(text\) to iu_editor;$/,
  },
  'a grant too many': {
    sql: 'grant truncate on public.unit_version to iu_worker',
    findings: ['grant_excess public.unit_version'],
    next: /^revoke truncate on table public\.unit_version from iu_worker;$/,
  },
  'an object that is gone': {
    sql: 'drop function public.fn_iu_get(text)',
    findings: ['grant_missing_object public.fn_iu_get(text)'],
    next: /npm run iu -- migrate/,
  },
  'a lock that is off': {
    sql: 'alter table public.iu_gate disable trigger iu_lock_1_write',
    findings: ['check_failed public.fn_iu_check_locks()'],
    next: /fn_iu_check_locks/,
  },
  'a probe that is gone': {
    sql: 'drop function public.fn_iu_gate_list()',
    findings: ['grant_missing_object public.fn_iu_gate_list()', 'missing_function public.fn_iu_gate_list()'],
    next: /npm run iu/,
  },
  "a stranger's function that looks like a check, and is not called": {
    sql: `create function public.fn_iu_check_trap() returns text language sql as 'select 1 / 0 || '''''`,
    findings: ['grant_wrong_owner public.fn_iu_check_trap()'],
    next: /^drop function public\.fn_iu_check_trap\(\);$/,
  },
  'an index that was never finished': {
    sql: `update pg_index set indisvalid = false where indexrelid = 'public.dot_config_history_key_ix'::regclass`,
    findings: ['invalid_index public.dot_config_history_key_ix'],
    next: /^drop index concurrently/,
  },
  'a gate that may never be open': {
    sql: `begin; set local session_replication_role = replica;
          update public.dot_config set value = 'true' where key = 'iu_enact.allow_no_review_decision'; commit`,
    findings: ['gate_unsafe iu_enact.allow_no_review_decision'],
    next: /find out who/,
  },
  'no vocabulary': {
    sql: "select public.fn_iu_vocabulary_remove('unit_kind', '{law_unit,design_doc_section}', 'dba')",
    findings: ['check_failed public.fn_iu_check_vocabulary()'],
    next: /002_vocabulary/,
  },
};

describe('iu doctor', () => {
  it('on the default target has a server without anything of ours: it says so, and what comes next', async () => {
    const { code, report } = await iu(['doctor']);
    expect({ code, verdict: report.verdict }).toEqual({ code: 3, verdict: 'pending' });
    expect(report.findings).toMatchObject([
      { code: 'pending', next: expect.stringContaining('iu -- migrate') },
    ]);
    expect(report.items).toContainEqual(
      expect.objectContaining({
        group: 'schema',
        ok: null,
        detail: expect.stringContaining('nothing of IU Core'),
      }),
    );
  });
});

describe.each(oneServer)('iu doctor on $name', (server) => {
  it('says that all is well, group by group, and changes nothing', async () => {
    const database = await schemaDatabase(server);
    const before = await contents(database);
    const { code, report, checks, groups } = await doctor(database.url);
    expect({ code, findings: report.findings }).toEqual({ code: 0, findings: [] });
    expect(groups).toEqual([
      'tools',
      'target',
      'migrations',
      'roles',
      'grants',
      'locks',
      'gates',
      'event_types',
      'outbox',
      'route_worker',
      'routes',
      'units',
      'vocabulary',
      'indexes',
      'prepared transactions',
    ]);
    // What may be missing is a program on this machine, nothing of the database.
    expect(checks.filter(({ ok, group }) => ok !== true && group !== 'tools')).toEqual([]);
    expect(await contents(database)).toEqual(before);
  });

  it.each(Object.entries(FAULTS))('names %s, and what mends it', async (_, fault) => {
    const { url } = await schemaDatabase(server);
    await query(url, fault.sql);
    const { code, report, checks } = await doctor(url);
    expect(report.findings.map((one) => `${one.code} ${one.object}`)).toEqual(fault.findings);
    expect(report.findings[0]!.next).toMatch(fault.next);
    expect({ code, verdict: report.verdict }).toEqual({ code: 1, verdict: 'not well' });
    expect(checks.some(({ ok }) => ok === false)).toBe(true);
  });

  it('names a prepared transaction, whose it is and how old', async () => {
    const { url, name } = await schemaDatabase(server);
    const gid = `left over ${name}`;
    await query(url, `begin; create table public.held (n integer); prepare transaction '${gid}'`);
    onTestFinished(async () => void (await query(url, `rollback prepared '${gid}'`)));
    const { code, report } = await doctor(url);
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      {
        code: 'prepared_transaction',
        object: gid,
        message: expect.stringMatching(/by postgres at .*Z \(\d+ s ago\)/),
        next: expect.stringContaining(`rollback prepared '${gid}'`),
      },
    ]);
  });

  it('a gate that is open is shown with its holder and no fault', async () => {
    const { url } = await schemaDatabase(server);
    await query(
      url,
      "select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'J. Jay', 'compose', 60)",
    );
    const { code, checks } = await doctor(url);
    expect(code).toBe(0);
    expect(checks.find((one) => one.check === 'iu_core.composer_enabled')).toMatchObject({
      ok: null,
      detail: expect.stringMatching(/^open, policy standing, by J\. Jay since .*: compose, until /),
      next: 'npm run iu -- gate close iu_core.composer_enabled --because "…"',
    });
  });

  it('a migration that is pending is pending work, and what it brings is not missed', async () => {
    const { url } = await schemaDatabase(server);
    const rollBack = async () =>
      expect((await iu(['rollback', '--target', url, '--accept-loss'])).code).toBe(0);
    const grantsWithPending = async () => {
      const { code, report, checks } = await doctor(url);
      expect({ code, codes: report.findings.map((one) => one.code) }).toEqual({
        code: 3,
        codes: ['pending'],
      });
      return checks.find(({ group }) => group === 'grants');
    };
    await rollBack();
    expect(await grantsWithPending()).toMatchObject({ ok: true });
    // Down to before 000009, which brings the probe of the grants.
    const { migrations } = await loadProject(REAL_PROJECT);
    for (const _ of migrations.filter(({ name }) => name >= '000009').slice(1)) await rollBack();
    expect(await grantsWithPending()).toMatchObject({ ok: null });
  });

  it('an empty database has nothing to look at', async () => {
    const { url } = await freshDatabase(server);
    expect(await doctor(url)).toMatchObject({ code: 3, report: { findings: [{ code: 'pending' }] } });
    const { stdout, exitCode } = await startIu(['doctor', '--ddl', '--target', url]);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 3 });
  });

  it('a login that may not call a check is told which grant it takes; that is never clean', async () => {
    const database = await schemaDatabase(server);
    const UNMADE = [
      'roles',
      'locks',
      'event_types',
      'outbox',
      'route_worker',
      'routes',
      'units',
      'vocabulary',
    ];
    const cases: Array<[string, number, string[], RegExp]> = [
      ['in role context_pack_readonly', 6, UNMADE, /grant iu_operator to/],
      ['in role iu_operator', 6, ['migrations'], /grant context_pack_readonly to/],
      ['in role iu_operator, context_pack_readonly', 0, [], /$/],
    ];
    for (const [options, exit, unmade, grant] of cases) {
      const { url } = await login(server, database, options);
      const { code, report } = await doctor(url);
      expect([options, code, report.findings.map(({ object }) => object)]).toEqual([options, exit, unmade]);
      for (const { code: what, next } of report.findings) {
        expect([what, next]).toEqual(['not_checked', expect.stringMatching(grant)]);
      }
    }
    const stranger = await doctor((await login(server, database, '')).url);
    expect(stranger.code).toBe(6);
    expect(stranger.report.findings.map(({ object }) => object)).toEqual(
      expect.arrayContaining(['migrations', 'roles', 'grants', 'gates']),
    );
  });

  it('--ddl prints a script and nothing else; run, it mends what it can, and says who mends the rest', async () => {
    const { url, name } = await schemaDatabase(server);
    const ddl = async () => {
      const { stdout, stderr, exitCode } = await startIu(['doctor', '--ddl', '--target', url]);
      return { stdout, stderr, exitCode };
    };
    const clean = await ddl();
    expect(clean.exitCode).toBe(0);
    expect(clean.stdout).toBe(
      `-- The grants of database "${name}", as deployment_grant_matrix has them.\n` +
        '-- Nothing to do: nothing is to be granted or revoked.\n',
    );
    await query(
      url,
      `revoke select on public.iu_gate from context_pack_readonly; grant usage on schema iu_core to iu_editor;
       alter function public.fn_iu_get(text) owner to postgres;
       create function public.fn_iu_get(text, date) returns text language sql as 'select $1'`,
    );
    const script = await ddl();
    expect(script.exitCode).toBe(1);
    expect(script.stdout.split('\n').slice(2)).toEqual([
      '-- By its owner or a superuser:',
      'alter function public.fn_iu_get(text) owner to workflow_admin;',
      '-- By its owner, after a look at it, as it is none of ours:',
      '-- drop function public.fn_iu_get(text,date);',
      'revoke usage on schema iu_core from iu_editor;',
      'grant select on table public.iu_gate to context_pack_readonly;',
      '',
    ]);
    await query(url, script.stdout);
    expect((await doctor(url)).report.findings).toMatchObject([{ code: 'grant_wrong_owner' }]);
    await query(url, 'drop function public.fn_iu_get(text, date)');
    expect((await ddl()).exitCode).toBe(0);
  });

  it('prints for people what it saw and the next step, never a bare word', async () => {
    const { url } = await schemaDatabase(server);
    await query(url, 'grant truncate on public.unit_version to iu_worker');
    const { stdout } = await startIu(['doctor', '--target', url]);
    for (const line of [
      /^roles$/m,
      /^ {2}✓ every role exists: 8 roles$/m,
      /^ {2}✗ grant_excess: iu_worker has TRUNCATE on public\.unit_version, which nobody expects$/m,
      /next: revoke truncate on table public\.unit_version from iu_worker;/,
      /^doctor: not well \(exit 1, /m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });
});
