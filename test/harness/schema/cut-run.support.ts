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
export async function toSg1(client: pg.Client, opened: Opened, given: object = { kind: 'none' }): Promise<void> {
  await markRun(client, opened);
  await plan(client, opened, opened.bytes);
  await step(client, "fn_cut_record_backup($1, $2, 'scribe')", [opened.run, JSON.stringify(given)]);
  await step(client, "fn_cut_probe_grants($1, 'scribe')", [opened.run]);
}
