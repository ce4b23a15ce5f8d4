import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { $ } from 'zx';
import { connect } from '../../../scripts/postgres/index.ts';
import { contents, schemaDatabase, sharedDatabase } from '../schema/support.ts';
import {
  type Database,
  freshDatabase,
  iu,
  login,
  oneServer,
  query,
  REAL_PROJECT,
  startIu,
  until,
} from '../support/index.ts';

const COMPOSER = 'iu_core.composer_enabled';
const CUTS = 'cutter.execution_enabled';
const NEVER = 'iu_enact.allow_no_review_decision';

/** The items of `iu gate list`. */
const listed = z.strictObject({
  key: z.string(),
  policy: z.enum(['standing', 'lease', 'never', 'undeclared']),
  description: z.string().nullable(),
  state: z.enum(['open', 'closed', 'lapsed']),
  until: z.iso.datetime().nullable(),
  holder: z.string().nullable(),
  since: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  safe: z.boolean(),
  next: z.string(),
});

const gate = (url: string, ...args: string[]) => iu(['gate', ...args, '--target', url]);
const open = (url: string, key: string, actor: string, ...more: string[]) =>
  gate(url, 'open', key, '--because', 'cut the corpus', '--actor', actor, ...more);
const close = (url: string, key: string, ...more: string[]) =>
  gate(url, 'close', key, '--because', 'done', ...more);

async function list(url: string) {
  const { code, report } = await gate(url, 'list');
  const items = z.array(listed).parse(report.items);
  return { code, report, items, of: (key: string) => items.find((one) => one.key === key)! };
}

/** A session that acts behind a gate: it holds the shared lock until it commits. */
async function acting(database: Database, key: string) {
  const client = await connect(database.url, { application_name: 'composer at work' });
  onTestFinished(() => client.end());
  await client.query('begin');
  await client.query('select iu_core.assert_gate_open($1)', [key]);
  const { processID } = client as unknown as { processID: number };
  return { pid: processID, end: () => client.query('commit') };
}

describe.each(oneServer)('iu gate on $name', (server) => {
  const shared = sharedDatabase(server);

  it('lists every gate with its meaning and the exact next command', async () => {
    const { url } = shared();
    const { code, report, items, of } = await list(url);
    expect({ code, verdict: report.verdict, gates: items.length }).toEqual({
      code: 0,
      verdict: '0 of 8 open',
      gates: 8,
    });
    expect(of(COMPOSER)).toMatchObject({
      state: 'closed',
      holder: null,
      since: null,
      next: `npm run iu -- gate open ${COMPOSER} --because "…"`,
    });
    expect(of(CUTS).next).toBe(`npm run iu -- gate open ${CUTS} --because "…" --ttl SECONDS`);
    expect(of(NEVER).next).toBe('none: it is never opened');
    const { stdout } = await startIu(['gate', 'list', '--target', url]);
    expect(stdout).toMatch(
      /composer_enabled +standing +closed: what is behind it refuses · never moved\n +next: npm/,
    );
  });

  it('opens under a lease, tells whoever comes next who holds it, closes, and says what was so already', async () => {
    const database = await schemaDatabase(server);
    const { url } = database;
    const opened = await open(url, COMPOSER, 'A. Hamilton', '--ttl', '60');
    expect(opened.report).toMatchObject({
      exit: 0,
      verdict: 'opened',
      items: [{ key: COMPOSER, status: 'opened', lease_token: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
    });
    expect(opened.stderr).toMatch(/is open until .* \(lease [0-9a-f-]{36}\), then it is closed by itself/);
    expect((await list(url)).of(COMPOSER)).toMatchObject({
      state: 'open',
      holder: 'A. Hamilton',
      reason: 'cut the corpus',
      next: `npm run iu -- gate close ${COMPOSER} --because "…"`,
    });
    const held = await contents(database);
    const second = await open(url, COMPOSER, 'A. Burr', '--ttl', '60');
    expect(second.report).toMatchObject({ exit: 5, verdict: 'refused', findings: [{ code: 'gate_held' }] });
    expect(second.report.findings[0]!.message).toContain('held by A. Hamilton until ');
    expect(second.report.findings[0]!.next).toContain(`gate close ${COMPOSER}`);
    expect(await contents(database)).toEqual(held);
    expect((await close(url, COMPOSER)).report).toMatchObject({ exit: 0, verdict: 'closed' });
    expect((await close(url, COMPOSER)).report).toMatchObject({ exit: 0, verdict: 'already closed' });
    // In whose name: the login, where nobody says.
    expect((await gate(url, 'open', COMPOSER, '--because', 'for good')).report.verdict).toBe('opened');
    expect((await open(url, COMPOSER, 'A. Burr')).report).toMatchObject({ exit: 0, verdict: 'already open' });
    expect((await list(url)).of(COMPOSER)).toMatchObject({ holder: 'postgres', until: null });
  });

  it('an approval is recorded', async () => {
    const { url } = await schemaDatabase(server);
    const approval = '019abcde-0000-7000-8000-000000000001';
    expect((await open(url, COMPOSER, 'A. Hamilton', '--approval', approval)).code).toBe(0);
    expect(await query(url, 'select approval_id from public.iu_gate_transition')).toEqual([
      { approval_id: approval },
    ]);
  });

  it.each<[string, string[], number, string, RegExp]>([
    [
      'a key that is no gate',
      ['open', 'iu_core.time_travel_enabled', '--because', 'x'],
      5,
      'gate_unknown',
      /gate list/,
    ],
    [
      'a never-flip key',
      ['open', NEVER, '--because', 'x', '--ttl', '9'],
      5,
      'gate_never_opens',
      /Do without/,
    ],
    ['a lease-only gate for good', ['open', CUTS, '--because', 'x'], 5, 'gate_needs_lease', /--ttl SECONDS/],
    [
      'a lease of no time',
      ['open', COMPOSER, '--because', 'x', '--ttl', '0'],
      2,
      'invalid_argument',
      /detail/,
    ],
    [
      'a lease of ages',
      ['open', COMPOSER, '--because', 'x', '--ttl', '99999999999'],
      2,
      'invalid_argument',
      /detail/,
    ],
    ['a blank reason', ['close', COMPOSER, '--because', ' '], 2, 'invalid_argument', /detail/],
    ['no reason', ['open', COMPOSER], 2, 'usage', /--because "why"/],
    ['no key', ['close', '--because', 'x'], 2, 'usage', /gate list/],
    ['half an approval', ['open', COMPOSER, '--because', 'x', '--approval', '42'], 2, 'usage', /--help/],
    ['half a word', ['ope', COMPOSER], 2, 'usage', /--help/],
  ])('refuses %s', async (_, args, exit, code, next) => {
    const database = shared();
    const before = await contents(database);
    const { report } = await gate(database.url, ...args);
    expect(report).toMatchObject({ exit, findings: [{ code, next: expect.stringMatching(next) }] });
    expect(await contents(database)).toEqual(before);
  });

  it('a login without the right is told which grant it takes, and an empty database what to apply', async () => {
    const database = shared();
    const { url, name } = await login(server, database, '');
    for (const [run, role] of [
      [await open(url, COMPOSER, 'A. Burr'), 'iu_operator'],
      [await gate(url, 'list'), 'context_pack_readonly'],
    ] as const) {
      expect(run.report).toMatchObject({ exit: 5, findings: [{ code: 'not_granted' }] });
      expect(run.report.findings[0]!.next).toBe(`have a DBA run: grant ${role} to "${name}"`);
    }
    const empty = await freshDatabase(server);
    for (const run of [await gate(empty.url, 'list'), await close(empty.url, COMPOSER)]) {
      expect(run.report).toMatchObject({ exit: 3, findings: [{ code: 'not_installed' }] });
    }
  });

  it('names a never-flip key and an undeclared one whose value somebody wrote', async () => {
    const { url } = await schemaDatabase(server);
    await query(
      url,
      `begin; set local session_replication_role = replica;
       update public.dot_config set value = 'true' where key = '${NEVER}';
       insert into public.dot_config values ('iu_core.back_door_enabled', 'true', null, now()); commit`,
    );
    const { code, report } = await list(url);
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      { code: 'gate_unsafe', object: 'iu_core.back_door_enabled' },
      { code: 'gate_unsafe', object: NEVER },
    ]);
  });

  it('two processes race for one lease: one has it, the other is told who', async () => {
    const { url } = await schemaDatabase(server);
    const actors = ['A. Hamilton', 'A. Burr'];
    const runs = await Promise.all(actors.map((actor) => open(url, CUTS, actor, '--ttl', '60')));
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 5]);
    const winner = actors[runs.findIndex(({ code }) => code === 0)]!;
    const loser = runs.find(({ code }) => code === 5)!;
    expect(loser.report.findings).toMatchObject([{ code: 'gate_held' }]);
    expect(loser.report.findings[0]!.message).toContain(`held by ${winner} until `);
    expect((await list(url)).of(CUTS)).toMatchObject({ state: 'open', holder: winner });
  });

  it('a holder that is killed leaves a lease that runs out by time; then another opens', async () => {
    const { url } = await schemaDatabase(server);
    const driver = `
      import { connect } from './scripts/postgres/index.ts';
      const client = await connect(process.env.DATABASE, { application_name: 'driver' });
      await client.query("select public.fn_iu_gate_open('${CUTS}', null, 'A. Hamilton', 'cut', 1)");
      console.log('opened');
      setInterval(() => {}, 1000);`;
    const options = { cwd: REAL_PROJECT, env: { ...process.env, DATABASE: url }, quiet: true, nothrow: true };
    const holder = $(options)`exec ${process.execPath} --input-type=module -e ${driver}`;
    await until('the driver to open', async () => (await list(url)).of(CUTS).holder);
    process.kill(holder.pid!, 'SIGKILL');
    expect((await holder).signal).toBe('SIGKILL');
    const opened = await until('the lease to run out', async () => {
      const run = await open(url, CUTS, 'A. Burr', '--ttl', '60');
      if (run.code !== 0) expect(run.report.findings).toMatchObject([{ code: 'gate_held' }]);
      return run.code === 0 && run;
    });
    expect(opened.report.verdict).toBe('opened');
    expect(await query(url, 'select actor, from_state from public.iu_gate_transition order by seq')).toEqual([
      { actor: 'A. Hamilton', from_state: 'closed' },
      { actor: 'A. Burr', from_state: 'lapsed' },
    ]);
  });

  it('a close waits for an act in flight, says for whom, and then nothing acts', async () => {
    const database = await schemaDatabase(server);
    await open(database.url, COMPOSER, 'A. Hamilton');
    const act = await acting(database, COMPOSER);
    const closing = startIu(['gate', 'close', COMPOSER, '--because', 'stop', '--target', database.url]);
    let said = '';
    closing.stdout.on('data', (text) => {
      said += text;
    });
    await until('the close to say for whom it waits', async () => said.includes('waiting for'));
    expect(said).toContain(`waiting for pid ${act.pid}, application composer at work, user postgres`);
    expect((await list(database.url)).of(COMPOSER).state).toBe('open');
    await act.end();
    const { exitCode, stdout } = await closing;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('is closed: nothing acts behind it any more');
  });

  it('a close that may not wait says who holds it up, and changes nothing', async () => {
    const database = await schemaDatabase(server);
    await open(database.url, COMPOSER, 'A. Hamilton');
    const act = await acting(database, COMPOSER);
    const before = await contents(database);
    const { report } = await close(database.url, COMPOSER, '--wait', '0');
    expect(report).toMatchObject({
      exit: 4,
      verdict: 'blocked',
      findings: [{ code: 'lock_held', next: expect.stringContaining(`pg_terminate_backend(${act.pid})`) }],
    });
    expect(report.findings[0]!.message).toContain(`pid ${act.pid}, application composer at work`);
    expect(await contents(database)).toEqual(before);
    await act.end();
  });
});
