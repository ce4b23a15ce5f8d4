import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { anyDocument, CORPUS, corpusFile, FIT } from '../cut/support.ts';
import { type Database, servers } from '../support/index.ts';
import {
  applyLive,
  body,
  close,
  dryRun,
  enactLive,
  markRun,
  open,
  openLive,
  pin,
  plan,
  step,
  toSg1,
  verifyLive,
  withBodies,
} from './cut-run.support.ts';
import {
  contents,
  outcome,
  refusal,
  rows,
  schemaDatabase,
  session,
  sha256,
  started,
  untilBlocked,
  value,
} from './support.ts';

const profileOf = (file: string) =>
  file.endsWith('.txt') ? 'text' : /grundgesetz|vi-|constitution|gdpr/.test(file) ? 'law' : 'markdown';

/** A document of so many units, three levels deep. */
const document = (units: number) =>
  Buffer.from(
    Array.from({ length: units }, (_, n) => `${'#'.repeat(1 + (n % 3))} Heading ${n}\n\nText ${n}.\n`).join(
      '',
    ),
  );

const openGate = (client: pg.Client) =>
  client.query("select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'a', 'see', null)");

/** What a cut must leave alone unless it succeeds: all tables but those that say how the run went. */
async function untouched(database: Database): Promise<Record<string, string>> {
  const all = await contents(database);
  const told = /\.(cut_run|cut_run_transition|cut_dryrun|event_outbox.*|event_dedupe)$/;
  return Object.fromEntries(Object.entries(all).filter(([table]) => !told.test(table)));
}

/** Every table that a cut writes, from the first to the last. */
const WRITTEN = [
  'public.information_unit',
  'public.unit_version',
  'cutter_governance.review_decision',
  'cutter_governance.review_decision_unit',
  'cutter_governance.cut_change_set',
  'cutter_governance.cut_change_set_affected_row',
  'cutter_governance.dot_pair_signature',
  'cutter_governance.cut_run_transition',
  'cutter_governance.verify_result',
  'public.iu_lifecycle_log',
  'public.document_edition',
  'public.document_edition_unit',
  'public.event_outbox',
];

/** A trigger of somebody else's: fails, or drops rows and says nothing, at the nth statement that writes a table. */
async function plant(client: pg.Client, table: string, does: 'fail' | 'drop' | 'wait'): Promise<void> {
  const acts = {
    fail: "raise exception 'planted'",
    drop: 'return null',
    wait: 'perform pg_advisory_xact_lock(42); return new',
  };
  const when = /cut_run_transition/.test(table) ? "when (new.to_state = 'cut_committed')" : '';
  await client.query(`
    create or replace function public.planted() returns trigger language plpgsql as
      $$ begin ${acts[does]}; end $$;
    create trigger aa_planted before insert on ${table} for each row ${when} execute function public.planted()`);
}
const uproot = (client: pg.Client, table: string) => client.query(`drop trigger aa_planted on ${table}`);

describe.each(servers)('runs of cuts on $name', (server) => {
  it.skipIf(CORPUS === null || server !== servers[0])(
    'every document of the corpus is cut, enacted, composed back and undone',
    async () => {
      const database = await schemaDatabase(server);
      const client = await session(database);
      const before = await contents(database);
      for (const [index, file] of FIT.entries()) {
        const opened = await open(client, corpusFile(file), {
          prefix: `DOC-${index}`,
          profile: profileOf(file),
        });
        await toSg1(client, opened);
        const answer = await dryRun(client, opened);
        expect([file, answer]).toMatchObject([
          file,
          { verdict: 'green', problem: null, units: opened.manifest.pieces.length },
        ]);
        expect(answer.reconstructed_sha256).toBe(opened.manifest.source.sha256);
        expect(await close(client, opened)).toMatchObject({ status: 'closed' });
      }
      const after = await contents(database);
      for (const table of ['information_unit', 'unit_version', 'document_edition', 'iu_lifecycle_log'])
        expect(after[`public.${table}`]).toEqual(before[`public.${table}`]);
    },
    120_000,
  );

  it.each(server === servers.at(-1) ? [1, 3, 60, 137, 10_000] : [1, 60])(
    '%i units: a dry run has the impact of the cut that follows it',
    async (n) => {
      const database = await schemaDatabase(server);
      const client = await session(database);
      await withBodies(client);
      await openGate(client);
      const opened = await openLive(client, document(n));
      const dry = await dryRun(client, opened);
      expect(dry).toMatchObject({
        verdict: 'green',
        units: n,
        events_recorded: true,
        state: 'awaiting_sg_1',
      });
      expect(dry.reconstructed_sha256).toBe(sha256(opened.bytes.toString()));

      const [{ before }] = (await rows(client, 'select max(id) as before from public.event_outbox')) as [
        { before: string },
      ];
      const count = (table: string) => value<string>(client, `select count(*) from ${table}`);
      const impact = dry.rows as Record<string, number>;
      const counts = async () =>
        Object.fromEntries(
          await Promise.all(Object.keys(impact).map(async (table) => [table, Number(await count(table))])),
        ) as Record<string, number>;
      const had = await counts();
      await applyLive(client, opened);
      await verifyLive(client, opened);
      await enactLive(client, opened);
      await close(client, opened);
      const has = await counts();
      const grown = Object.fromEntries(
        Object.keys(impact).map((table) => [table, has[table]! - had[table]!]),
      );
      expect(grown).toEqual(impact);
      const events = await rows<{ topic: string; n: number }>(
        client,
        `select event_domain || '.' || event_type as topic, count(*)::integer as n
         from public.event_outbox where id > $1 group by 1`,
        [before],
      );
      expect(Object.fromEntries(events.map((one) => [one.topic, one.n]))).toEqual(dry.events);
      expect(
        await value(
          client,
          "select encode(sha256(convert_to(public.fn_iu_reconstruct_source('DOC-A', 1), 'UTF8')), 'hex')",
        ),
      ).toBe(opened.manifest.source.sha256);
      expect(await rows(client, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
    },
    120_000,
  );

  it('any document is planned and composed back byte for byte (property)', async () => {
    const client = await session(await schemaDatabase(server));
    let n = 0;
    await fc.assert(
      fc.asyncProperty(
        anyDocument,
        fc.constantFrom('markdown', 'markdown-blocks', 'law'),
        async (text, profile) => {
          const opened = await open(client, Buffer.from(text), { prefix: `ANY-${n++}`, profile });
          await toSg1(client, opened);
          const answer = await dryRun(client, opened);
          expect(answer).toMatchObject({
            verdict: 'green',
            reconstructed_sha256: opened.manifest.source.sha256,
            units: opened.manifest.pieces.length,
          });
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  it('a fault at any table that a cut writes makes its dry run red, and leaves no row of it', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    await openGate(client);
    const opened = await open(client, document(3));
    await toSg1(client, opened);
    const before = await untouched(database);
    for (const table of WRITTEN) {
      await plant(client, table, 'fail');
      if (table === 'public.event_outbox') {
        // Not even its failure can be told: nothing at all is recorded.
        expect(await refusal(dryRun(client, opened))).toMatchObject({ message: 'planted' });
        await uproot(client, table);
        continue;
      }
      const red = await dryRun(client, opened);
      await uproot(client, table);
      expect([table, red]).toMatchObject([
        table,
        { verdict: 'red', state: 'failed', problem: { code: 'P0001', message: 'planted' } },
      ]);
      expect([table, await untouched(database)]).toEqual([table, before]);
      await step(client, "fn_cut_resume($1, 'scribe')", [opened.run]);
    }
    expect(await dryRun(client, opened)).toMatchObject({ verdict: 'green' });
  }, 60_000);

  it('a fault at any table leaves a live step wholly before, and it can be taken again', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    await withBodies(client);
    await openGate(client);
    const opened = await openLive(client, document(3));
    const steps = [applyLive, verifyLive, enactLive];
    const failed = new Set<string>();
    for (const take of steps) {
      for (const table of WRITTEN) {
        await plant(client, table, 'fail');
        // Whether this step writes the table at all.
        await client.query('begin');
        const writes = await take(client, opened).then(
          () => false,
          (error: Error) => error.message === 'planted',
        );
        await client.query('rollback');
        if (writes) {
          const before = await contents(database);
          await expect(take(client, opened), table).rejects.toThrow('planted');
          expect([table, await contents(database)]).toEqual([table, before]);
          failed.add(table);
        }
        await uproot(client, table);
      }
      await take(client, opened);
    }
    expect([...failed].toSorted()).toEqual(WRITTEN.toSorted());
    expect(await close(client, opened)).toMatchObject({ state: 'closed' });
  }, 120_000);

  it('rows that are dropped without a word are missed: no cut is a success that cut less', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    const opened = await open(client, document(3));
    await toSg1(client, opened);
    for (const table of WRITTEN.filter((one) => !one.endsWith('event_outbox'))) {
      await plant(client, table, 'drop');
      const answer = await dryRun(client, opened).catch((error: { code: string }) => ({
        verdict: error.code,
        problem: null,
      }));
      await uproot(client, table);
      expect([table, answer.verdict]).not.toEqual([table, 'green']);
      await step(client, "fn_cut_resume($1, 'scribe')", [opened.run]);
    }
    expect(await dryRun(client, opened)).toMatchObject({ verdict: 'green' });
  }, 60_000);

  it('a stand-in can never commit: the dry run that is not undone is refused at its commit', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    await withBodies(client);
    const opened = await open(client, document(3));
    await toSg1(client, opened);
    const before = await contents(database);
    const rehearse = `to_jsonb(iu_core.rehearse_cut(iu_core.read_run('${opened.run}'), 'forger',
      (select content from cutter_governance.source_version where id = '${opened.source}')))`;
    await client.query('begin');
    expect(await body(client, rehearse)).toBe(opened.manifest.source.sha256);
    expect(await refusal(client.query('commit'))).toMatchObject({
      code: 'IU091',
      detail: { run_id: opened.run, actor: 'dry run of forger' },
    });
    expect(await contents(database)).toEqual(before);
  });

  it('a lock that is not to be had, a session that is ended: no verdict, and the run is where it was', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    const opened = await open(client, document(3));
    await toSg1(client, opened);
    const before = await contents(database);

    const holder = await session(database);
    await holder.query(
      "begin; select public.fn_iu_create('DOC-A/X', 'X', '', 'editor', 'law_unit', 'article')",
    );
    await client.query("set lock_timeout = '50ms'");
    expect(await outcome(client, `select public.fn_cut_dryrun('${opened.run}', 'scribe')`)).toBe('55P03');
    await holder.query('rollback');
    expect(await contents(database)).toEqual(before);

    for (const table of WRITTEN.slice(0, 3)) {
      await plant(holder, table, 'wait');
      await holder.query('select pg_advisory_lock(42)');
      const victim = await session(database);
      const dying = started(dryRun(victim, opened));
      victim.on('error', () => {});
      await untilBlocked(database, victim);
      const { processID } = victim as unknown as { processID: number };
      await holder.query('select pg_terminate_backend($1, 10000)', [processID]);
      await expect(dying).rejects.toThrow();
      await holder.query('select pg_advisory_unlock(42)');
      await uproot(holder, table);
      expect(await contents(database)).toEqual(before);
    }
    await client.query('reset lock_timeout');
    expect(await dryRun(client, opened)).toMatchObject({ verdict: 'green' });
  });

  it('two who open a run at once drive one, and of two who take a step the second finds it taken', async () => {
    const database = await schemaDatabase(server);
    const [one, two] = [await session(database), await session(database)];
    const source = await pin(one, document(3));
    const call = `fn_cut_open('${source}', 'DRYRUN', 'scribe')`;
    await one.query('begin');
    const first = await step(one, call);
    const second = started(step(two, call));
    await untilBlocked(database, two);
    await one.query('commit');
    expect([first.status, (await second).status]).toEqual(['opened', 'exists']);
    expect((await second).run_id).toBe(first.run_id);

    const opened = await open(one, document(3));
    expect(opened.run).toBe(first.run_id);
    const steps: Array<(client: pg.Client) => Promise<{ status: string }>> = [
      (client) => markRun(client, opened),
      (client) => plan(client, opened),
      (client) => step(client, `fn_cut_record_backup($1, '{"kind": "none"}', 'scribe')`, [opened.run]),
      (client) => step(client, "fn_cut_probe_grants($1, 'scribe')", [opened.run]),
      (client) => dryRun(client, opened),
      (client) => close(client, opened),
    ];
    for (const take of steps) {
      await one.query('begin');
      const { status } = await take(one);
      const other = started(take(two));
      await untilBlocked(database, two);
      await one.query('commit');
      expect([status, (await other).status]).toEqual([
        status,
        status === 'recorded' && take === steps[4] ? 'recorded' : 'unchanged',
      ]);
    }
    expect(await value(one, 'select count(*)::integer from cutter_governance.cut_run')).toBe(1);
  });

  it('a stop or a void waits for the dry run in flight; a step after it is refused', async () => {
    const database = await schemaDatabase(server);
    const [driver, approver] = [await session(database), await session(database)];
    const opened = await open(driver, document(3));
    await toSg1(driver, opened);
    await driver.query('begin');
    await dryRun(driver, opened);
    const voiding = started(step(approver, "fn_cut_void($1, 'wrong', 'approver')", [opened.run]));
    await untilBlocked(database, approver);
    await driver.query('commit');
    expect(await voiding).toMatchObject({ status: 'voided' });
    expect(await refusal(close(driver, opened))).toMatchObject({
      code: 'IU064',
      detail: { state: 'voided' },
    });
    // The source can be marked in another run.
    const again = await open(driver, document(3));
    expect(again.run).not.toBe(opened.run);
    expect(await markRun(driver, again)).toMatchObject({ status: 'marked' });
  });

  it('what was planned is what is cut: rows, bytes or settings that changed since are found', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    const opened = await open(client, document(3));
    await toSg1(client, opened);
    const behindOurBack = (change: string) =>
      client.query(
        `set session_replication_role = replica; ${change}; set session_replication_role = origin`,
      );
    for (const [change, back, check] of [
      [
        "update cutter_governance.manifest_unit_block set title = 'Other' where position = 2",
        "update cutter_governance.manifest_unit_block set title = 'Heading 1' where position = 2",
        'manifest',
      ],
      [
        "update cutter_governance.source_document set owner_ref = 'somebody'",
        "update cutter_governance.source_document set owner_ref = 'owner'",
        'plan',
      ],
      [
        "update public.dot_config set value = '2' where key = 'cutter.max_units'",
        "update public.dot_config set value = '100000' where key = 'cutter.max_units'",
        'size',
      ],
    ]) {
      await behindOurBack(change!);
      const red = await dryRun(client, opened);
      await behindOurBack(back!);
      const { problems } = (red.problem as { detail: { problems: Array<{ check: string }> } }).detail;
      expect(problems.map((one) => one.check)).toContain(check);
      await step(client, "fn_cut_resume($1, 'scribe')", [opened.run]);
    }
    await behindOurBack(
      `update cutter_governance.source_version set content = content || '\\x0a'::bytea, bytes = bytes + 1`,
    );
    expect(await refusal(dryRun(client, opened))).toMatchObject({ code: 'IU065', detail: { kept: true } });
  });

  it('grants that differ stop a live run, and a dry run says how many', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    await client.query('grant execute on function public.fn_cut_void(text, text, text) to iu_worker');
    const dry = await open(client, document(3));
    await markRun(client, dry);
    await plan(client, dry);
    await step(client, `fn_cut_record_backup($1, '{"kind": "none"}', 'scribe')`, [dry.run]);
    expect(await step(client, "fn_cut_probe_grants($1, 'scribe')", [dry.run])).toMatchObject({ deltas: 1 });
    const live = started(openLive(client, document(4), 'DOC-B'));
    expect(await refusal(live)).toMatchObject({ code: 'IU067', detail: { evidence: 'grants' } });
  });
});
