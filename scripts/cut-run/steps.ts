import type pg from 'pg';
import { canonical, type Manifest, type ProfileData } from '../cut/index.ts';
import type { DryRun, Impact, Mode, Problem } from './read.ts';

/** What every step answers. */
export interface Answer {
  status: string;
  run_id: string;
  state: string;
}

/** A backup as it is stated: the server keeps what it is told, it cannot see the backup. */
export type Backup = { kind: 'none' } | { kind: string; ref: string; sha256: string; taken_at: string };

export interface Pinned {
  status: 'pinned' | 'exists';
  source_version_id: string;
  sha256: string;
  bytes: number;
  profile: string;
  profile_version: number;
  kept: boolean;
}

export type Recorded = Answer &
  Impact & {
    dryrun_id: string;
    verdict: DryRun['verdict'];
    manifest_digest: string;
    source_sha256: string;
    reconstructed_sha256: string | null;
    problem: Problem | null;
  };

/*
 * Each is one call of a governed function in a transaction of its own, and safe to call again. They throw what
 * the server says.
 */

async function call<T>(client: pg.Client, text: string, values: unknown[]): Promise<T> {
  const { rows } = await client.query<{ answer: T }>(`select ${text} as answer`, values);
  return rows[0]!.answer;
}

export const setProfile = (client: pg.Client, profile: ProfileData, actor: string) =>
  call<{ status: string }>(client, 'public.fn_cut_profile_set($1, $2)', [canonical(profile), actor]);

export const setSource = (client: pg.Client, prefix: string, authority: string | null, actor: string) =>
  call<{ status: string }>(client, 'public.fn_cut_source_set($1, null, $2, null, $3)', [
    prefix,
    authority,
    actor,
  ]);

export const pinSource = (
  client: pg.Client,
  manifest: Manifest,
  bytes: Buffer,
  keep: boolean,
  actor: string,
) =>
  call<Pinned>(client, 'public.fn_cut_source_pin($1, $2, $3, $4, $5, $6, $7)', [
    manifest.prefix,
    manifest.origin,
    bytes,
    manifest.profile.name,
    manifest.profile.version,
    keep,
    actor,
  ]);

export const openRun = (client: pg.Client, sourceVersion: string, mode: Mode, actor: string) =>
  call<Answer & { mode: Mode }>(client, 'public.fn_cut_open($1, $2, $3)', [sourceVersion, mode, actor]);

export const markRun = (client: pg.Client, run: string, manifest: Manifest, actor: string) =>
  call<Answer>(client, 'public.fn_cut_mark($1, $2::jsonb, $3)', [run, JSON.stringify(manifest), actor]);

export const planRun = (client: pg.Client, run: string, actor: string, content: Buffer | null) =>
  call<Answer>(client, 'public.fn_cut_plan($1, $2, $3)', [run, actor, content]);

export const recordBackup = (client: pg.Client, run: string, backup: Backup, actor: string) =>
  call<Answer>(client, 'public.fn_cut_record_backup($1, $2::jsonb, $3)', [
    run,
    JSON.stringify(backup),
    actor,
  ]);

export const probeGrants = (client: pg.Client, run: string, actor: string) =>
  call<Answer & { deltas: number }>(client, 'public.fn_cut_probe_grants($1, $2)', [run, actor]);

export const recordDryRun = (client: pg.Client, run: string, actor: string, content: Buffer | null) =>
  call<Recorded>(client, 'public.fn_cut_dryrun($1, $2, $3)', [run, actor, content]);

export const closeRun = (client: pg.Client, run: string, actor: string) =>
  call<Answer>(client, 'public.fn_cut_close($1, $2)', [run, actor]);

export const stopRun = (client: pg.Client, run: string, reason: string, actor: string) =>
  call<Answer>(client, 'public.fn_cut_stop($1, $2, $3)', [run, reason, actor]);

export const resumeRun = (client: pg.Client, run: string, actor: string) =>
  call<Answer>(client, 'public.fn_cut_resume($1, $2)', [run, actor]);

export const voidRun = (client: pg.Client, run: string, reason: string, approver: string) =>
  call<Answer>(client, 'public.fn_cut_void($1, $2, $3)', [run, reason, approver]);
