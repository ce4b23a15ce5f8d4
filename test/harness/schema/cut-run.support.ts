import type pg from 'pg';
import { canonical, loadProfile, type Manifest, mark } from '../../../scripts/cut/index.ts';
import { value } from './support.ts';

/** What a step of a run answers; what its receipt has, too. */
export interface Answer {
  status: string;
  run_id: string;
  state: string;
  [key: string]: unknown;
}

/** A document that is pinned, under a run. */
export interface Opened {
  bytes: Buffer;
  manifest: Manifest;
  source: string;
  run: string;
}

export const step = (client: pg.Client, call: string, values: unknown[] = []) =>
  value<Answer>(client, `select public.${call}`, values);

/** States and pins a document, its profile too where it is not registered. */
export async function pin(
  client: pg.Client,
  bytes: Buffer,
  { prefix = 'DOC-A', profile = 'markdown', keep = true } = {},
): Promise<string> {
  const { data } = loadProfile(profile);
  await client.query('select public.fn_cut_profile_set($1, $2)', [canonical(data), 'a test']);
  await client.query(`select public.fn_cut_source_set($1, null, 'non_authoritative', 'owner', 'scribe')`, [
    prefix,
  ]);
  return value<string>(
    client,
    `select public.fn_cut_source_pin($1, 'document', $2, $3, $4, $5, 'scribe') ->> 'source_version_id'`,
    [prefix, bytes, data.name, data.version, keep],
  );
}

/** A run over a document, open; `upTo` takes it on. */
export async function open(
  client: pg.Client,
  bytes: Buffer,
  { prefix = 'DOC-A', profile = 'markdown', keep = true, mode = 'DRYRUN' } = {},
): Promise<Opened> {
  const manifest = mark(bytes, { origin: 'document', prefix, profile: loadProfile(profile) });
  const source = await pin(client, bytes, { prefix, profile, keep });
  const { run_id } = await step(client, 'fn_cut_open($1, $2, $3)', [source, mode, 'scribe']);
  return { bytes, manifest, source, run: run_id };
}

export const markRun = (client: pg.Client, { run, manifest }: Opened) =>
  step(client, 'fn_cut_mark($1, $2, $3)', [run, JSON.stringify(manifest), 'scribe']);
export const plan = (client: pg.Client, { run }: Opened, content: Buffer | null = null) =>
  step(client, "fn_cut_plan($1, 'scribe', $2)", [run, content]);
export const dryRun = (client: pg.Client, { run }: Opened, content: Buffer | null = null) =>
  step(client, "fn_cut_dryrun($1, 'scribe', $2)", [run, content]);
export const close = (client: pg.Client, { run }: Opened) =>
  step(client, "fn_cut_close($1, 'scribe')", [run]);

/** A backup as a live run wants it stated. */
export const backup = () => ({
  kind: 'pg_dump',
  ref: 'backups/1',
  sha256: 'a'.repeat(64),
  taken_at: new Date().toISOString(),
});

/** Marks, plans, states a backup, probes the grants: to the pause at SG_1. */
export async function toSg1(
  client: pg.Client,
  opened: Opened,
  given: object = { kind: 'none' },
): Promise<void> {
  await markRun(client, opened);
  await plan(client, opened, opened.bytes);
  await step(client, "fn_cut_record_backup($1, $2, 'scribe')", [opened.run, JSON.stringify(given)]);
  await step(client, "fn_cut_probe_grants($1, 'scribe')", [opened.run]);
}

/** The documents of `cutRuns`: each is to take the step it is named for. */
const STEPS = [
  'open',
  'mark',
  'plan',
  'record_backup',
  'probe_grants',
  'dryrun',
  'close',
  'stop',
  'resume',
  'void',
];
export const TEXT = Buffer.from('# One\n\ntext\n\n## Two\n');
const prefixOf = (name: string) => `CUT-${name.toUpperCase().replace('_', '-')}`;

/** Runs of which each waits for one step. */
export async function cutRuns(client: pg.Client): Promise<void> {
  for (const name of STEPS) {
    const prefix = prefixOf(name);
    if (name === 'open') {
      await pin(client, TEXT, { prefix });
      continue;
    }
    const opened = await open(client, TEXT, { prefix });
    if (name === 'mark' || name === 'stop' || name === 'void') continue;
    await markRun(client, opened);
    if (name === 'plan') continue;
    await plan(client, opened);
    if (name === 'record_backup') continue;
    await step(client, `fn_cut_record_backup($1, '{"kind": "none"}', 'scribe')`, [opened.run]);
    if (name === 'probe_grants') continue;
    await step(client, "fn_cut_probe_grants($1, 'scribe')", [opened.run]);
    if (name === 'close') await dryRun(client, opened);
    if (name === 'resume') await step(client, "fn_cut_stop($1, 'rest', 'scribe')", [opened.run]);
  }
}

/** The run of `cutRuns` that waits for this step, and its source version, as SQL. */
export const runAt = (name: string) =>
  `(select r.run_id from cutter_governance.cut_run r where r.source_version_id = ${sourceAt(name)})`;
export const sourceAt = (name: string) =>
  `(select s.id from cutter_governance.source_version s join cutter_governance.source_document d on d.id = s.document_id
     where d.doc_prefix = '${prefixOf(name)}')`;
/** The manifest of the run that waits to be marked. */
export const manifestToMark = () =>
  mark(TEXT, { origin: 'document', prefix: prefixOf('mark'), profile: loadProfile('markdown') });

/** The functions that act live: in this release nobody can give the authority they ask for (IU090). */
export const WITHHELD = ['fn_cut_apply', 'fn_cut_enact', 'fn_cut_verify'];

/** Lets a test call the bodies that are granted to nobody: as code of workflow_admin. */
const BODIES = `
  create function pg_temp.body(p_call text) returns jsonb language plpgsql security definer as
    $$ declare v jsonb; begin perform iu_core.begin_write(); execute 'select ' || p_call into v; return v; end $$;
  alter function pg_temp.body(text) owner to workflow_admin`;

/** A principal of a live run. */
const principal = (who: string) => `row('${who}', '${who}', '${who}', false)::iu_core.cut_principal`;

/** A body of the cut, called live, as its function would once an approver authorised it. */
export const body = (client: pg.Client, call: string) =>
  value<Answer>(client, 'select pg_temp.body($1)', [call]);
export const applyLive = (client: pg.Client, { run }: Opened) =>
  body(client, `iu_core.cut_apply_impl('${run}', ${principal('executor')}, ${principal('approver')}, null)`);
export const verifyLive = (client: pg.Client, { run }: Opened, who = 'verifier') =>
  body(client, `iu_core.cut_verify_impl('${run}', ${principal(who)})`);
export const enactLive = (client: pg.Client, { run }: Opened) =>
  body(
    client,
    `iu_core.cut_enact_impl('${run}',
       (iu_core.write_review_decision('enact', 'approve', null,
          array(select row(a.unit_id, a.version_id, null)::iu_core.review_subject
                  from cutter_governance.cut_change_set_affected_row a
                  join cutter_governance.cut_change_set c on c.id = a.change_set_id
                 where c.run_id = '${run}'), 'approver', 'read') ->> 'review_decision_id')::uuid,
       ${principal('executor')})`,
  );
export const withBodies = (client: pg.Client) => client.query(BODIES);

/** A live run at the pause at SG_1. */
export async function openLive(
  client: pg.Client,
  bytes: Buffer,
  prefix = 'DOC-A',
  profile = 'markdown',
): Promise<Opened> {
  const opened = await open(client, bytes, { prefix, profile, mode: 'LIVE' });
  await toSg1(client, opened, backup());
  return opened;
}

/** A document that was cut, verified and enacted, so that every table of cuts has rows. */
export async function aCut(client: pg.Client): Promise<void> {
  await withBodies(client);
  const opened = await openLive(client, TEXT, 'CUT-LIVE');
  await dryRun(client, opened);
  await applyLive(client, opened);
  await verifyLive(client, opened);
  await enactLive(client, opened);
  await close(client, opened);
}
