import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../scripts/postgres/index.ts';
import { iu } from '../support/index.ts';
import { killable } from '../support/killable.ts';
import {
  applyLive,
  close,
  dryRun,
  enactLive,
  type Opened,
  openLive,
  verifyLive,
  withBodies,
} from './cut-run.support.ts';
import { applyRuntime, contents, started, untilBlocked } from './support.ts';

/** The steps of a run after SG_1, each with a table that it writes, late. */
const STEPS: Array<[string, (client: pg.Client, opened: Opened) => Promise<unknown>, string]> = [
  ['a dry run', dryRun, 'public.document_edition_unit'],
  ['the cut', applyLive, 'cutter_governance.cut_change_set_affected_row'],
  ['the verification', verifyLive, 'cutter_governance.verify_result'],
  ['the enactment', enactLive, 'public.document_edition_unit'],
];

it('the server is killed in the middle of a step: after it the run is where it was, and goes on', async () => {
  const server = await killable(onTestFinished);
  expect((await iu(['migrate', '--target', server.url])).report.findings).toEqual([]);
  await applyRuntime(server.url, '040');
  const database = { name: 'postgres', url: server.url };
  let client = await connect(server.url);
  onTestFinished(() => client.end().catch(() => {}));
  const opened = await openLive(client, Buffer.from('# One\n\ntext\n\n## Two\n\n# Three\n'));
  await client.query(`
    create function public.planted() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(42); return new; end $$`);

  for (const [name, take, table] of STEPS) {
    const before = await contents(database);
    await client.query(
      `create trigger aa_planted before insert on ${table} for each row execute function public.planted();
       select pg_advisory_lock(42)`,
    );
    const victim = await connect(server.url);
    for (const one of [victim, client]) one.on('error', () => {});
    await withBodies(victim);
    const dying = started(take(victim, opened));
    await untilBlocked(database, victim);
    await server.kill();
    await expect(dying).rejects.toThrow();
    await server.start();
    client = await connect(server.url);
    expect([name, await contents(database)]).toEqual([name, before]);
    await client.query(`drop trigger aa_planted on ${table}`);
    await withBodies(client);
    await take(client, opened);
  }
  expect(await close(client, opened)).toMatchObject({ state: 'closed' });
}, 120_000);
