import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProcessPromise } from 'zx';
import { canonical, loadProfile, mark } from '../../../scripts/cut/index.ts';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { session } from '../schema/support.ts';
import { type Database, query, servers, startIu, until } from '../support/index.ts';
import { cut, cutDatabase, cutRun, folder, sections } from './runs.support.ts';

const WAY = [
  'source_pinned',
  'marked',
  'plan_ok',
  'backup_taken',
  'grants_probed',
  'awaiting_sg_1',
  'closed',
];

/** A run of `bytes` that has come to `state`, made by hand; its id. */
async function runAt(database: Database, prefix: string, bytes: Buffer, state: string): Promise<string> {
  const manifest = mark(bytes, { origin: 'rules.md', prefix, profile: loadProfile('markdown') });
  return withConnection(database.url, async (client) => {
    const ask = async (text: string, values: unknown[]) =>
      (await client.query(`select ${text} as a`, values)).rows[0].a;
    await ask('public.fn_cut_source_set($1, null, null, null, $2)', [prefix, 'x']);
    const pin = "public.fn_cut_source_pin($1, 'rules.md', $2, 'markdown', 1, true, 'x')";
    const { source_version_id } = await ask(pin, [prefix, bytes]);
    const { run_id } = await ask("public.fn_cut_open($1, 'DRYRUN', 'x')", [source_version_id]);
    const steps: Array<[string, string, unknown[]]> = [
      ['marked', "public.fn_cut_mark($1, $2::jsonb, 'x')", [run_id, canonical(manifest)]],
      ['plan_ok', "public.fn_cut_plan($1, 'x')", [run_id]],
      ['backup_taken', `public.fn_cut_record_backup($1, '{"kind": "none"}', 'x')`, [run_id]],
      ['awaiting_sg_1', "public.fn_cut_probe_grants($1, 'x')", [run_id]],
    ];
    for (const [to, text, values] of steps) {
      if (WAY.indexOf(to) <= WAY.indexOf(state)) await ask(text, values);
    }
    return run_id;
  });
}

/** Holds the row of a run, so that whoever takes its next step waits in the middle of it. */
async function hold(database: Database, run: string) {
  const client = await session(database);
  await client.query('begin');
  await client.query('select from cutter_governance.cut_run where run_id = $1 for update', [run]);
  const { processID: pid } = client as unknown as { processID: number };
  return {
    pid,
    /** The backends that wait for it: `count` of them at least. */
    waiting: (count = 1) =>
      until(`${count} to wait for run ${run}`, async () => {
        // Of several that wait for a row, one waits for its holder and the others for that one.
        const pids = await query(
          database.url,
          `with recursive waiter (pid) as (
             select pid from pg_stat_activity where $1 = any (pg_blocking_pids(pid))
             union
             select a.pid from waiter w join pg_stat_activity a on w.pid = any (pg_blocking_pids(a.pid)))
           select pid from waiter`,
          [pid],
        );
        return pids.length >= count && pids.map(({ pid }) => pid as number);
      }),
    release: () => client.query('commit'),
  };
}

async function expectOneWhole(database: Database, prefix: string, way = WAY): Promise<void> {
  const runs = await query(database.url, 'select run_id from public.fn_cut_runs() where doc_prefix = $1', [
    prefix,
  ]);
  expect(runs).toHaveLength(1);
  const states = await query(
    database.url,
    'select to_state from cutter_governance.cut_run_transition where run_id = $1 order by seq',
    [runs[0]!.run_id],
  );
  expect(states.map(({ to_state }) => to_state)).toEqual(way);
}

const ended = { exit: 0, verdict: 'green', findings: [] };
const whole = { state: 'closed', end: 'ended', verdict: 'green', units: 4 };

const kill = async (child: ProcessPromise) => {
  process.kill(child.pid!, 'SIGKILL');
  expect((await child).signal).toBe('SIGKILL');
};

describe.each(servers.slice(0, 1))('a run that breaks off, on $name', (server) => {
  it('goes on from any step in which its process was killed, and ends the same', async () => {
    const { database, executor } = await cutDatabase(server);
    const text = sections(3);
    const file = join(folder({ 'rules.md': text }), 'rules.md');
    const states = ['source_pinned', 'marked', 'plan_ok', 'backup_taken', 'awaiting_sg_1'];
    await Promise.all(
      states.map(async (state, index) => {
        const prefix = `RULES-${index}`;
        const run = await runAt(database, prefix, Buffer.from(text), state);
        const held = await hold(database, run);
        const child = startIu(['cut', 'run', file, '--prefix', prefix, '--target', executor]);
        await held.waiting();
        await kill(child);
        await held.release();
        const { report, item } = await cutRun(executor, 'resume', run, file);
        expect(report).toMatchObject(ended);
        expect(item).toMatchObject({ ...whole, run_id: run });
        await expectOneWhole(database, prefix);
      }),
    );
  });

  it.each(['pin the source', 'dry run, for the record'])(
    'goes on when it is killed after its step "%s"',
    async (label) => {
      const { database, executor } = await cutDatabase(server);
      const file = join(folder({ 'rules.md': sections(3) }), 'rules.md');
      const child = startIu(['cut', 'run', file, '--prefix', 'RULES', '--target', executor]);
      await new Promise<void>((resolve) => {
        let said = '';
        child.stdout.on('data', (chunk) => {
          said += String(chunk);
          if (said.includes(label)) resolve();
        });
      });
      await kill(child);
      const [run] = await query(database.url, 'select run_id from public.fn_cut_runs()');
      const { report, item } = await cutRun(executor, 'resume', String(run!.run_id), file);
      expect(report).toMatchObject(ended);
      expect(item).toMatchObject(whole);
      await expectOneWhole(database, 'RULES');
    },
  );

  it('says for whom a step waits, and goes on by itself when that is over; so do the exits', async () => {
    const { database, executor } = await cutDatabase(server);
    const text = sections(3);
    const file = join(folder({ 'rules.md': text }), 'rules.md');
    const run = await runAt(database, 'RULES', Buffer.from(text), 'marked');
    const holding = /waiting for pid \d+, application .*\n?/;
    for (const [args, exit] of [
      [['cut', 'stop', run, '--reason', 'wait', '--target', executor], 0],
      [['cut', 'resume', run, file, '--target', executor], 0],
    ] as const) {
      const held = await hold(database, run);
      const child = startIu([...args]);
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
      });
      await until('it to say for whom it waits', async () => holding.test(said));
      expect(said).toContain(`waiting for pid ${held.pid}`);
      await held.release();
      expect((await child).exitCode).toBe(exit);
    }
    await expectOneWhole(database, 'RULES', [...WAY.slice(0, 2), 'stopped', ...WAY.slice(1)]);
  });

  it('is driven by two at once as by one', async () => {
    const { database, executor } = await cutDatabase(server);
    const text = sections(3);
    const file = join(folder({ 'rules.md': text }), 'rules.md');
    const run = await runAt(database, 'RULES', Buffer.from(text), 'source_pinned');
    const held = await hold(database, run);
    const both = [1, 2].map(() => cutRun(executor, 'run', file, '--prefix', 'RULES'));
    await held.waiting(2);
    await held.release();
    for (const { report, item } of await Promise.all(both)) {
      expect(report).toMatchObject(ended);
      expect(item).toMatchObject({ ...whole, run_id: run });
    }
    await expectOneWhole(database, 'RULES');
  });

  it('says that nobody can tell when its connection is lost, and goes on', async () => {
    const { database, executor } = await cutDatabase(server);
    const text = sections(3);
    const file = join(folder({ 'rules.md': text }), 'rules.md');
    const run = await runAt(database, 'RULES', Buffer.from(text), 'plan_ok');
    const held = await hold(database, run);
    const running = cut(executor, 'run', file, '--prefix', 'RULES');
    const [pid] = await held.waiting();
    await query(database.url, 'select pg_terminate_backend($1)', [pid]);
    expect((await running).report).toMatchObject({ exit: 6, findings: [{ code: 'connection_lost' }] });
    await held.release();
    expect((await cutRun(executor, 'run', file, '--prefix', 'RULES')).item).toMatchObject({
      ...whole,
      run_id: run,
    });
    await expectOneWhole(database, 'RULES');
  });
});
