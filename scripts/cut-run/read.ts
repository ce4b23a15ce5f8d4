import type pg from 'pg';
import { sqlFile } from './sql-file.ts';

/** A row of fn_cut_runs(). */
export interface Run {
  run_id: string;
  doc_prefix: string;
  mode: Mode;
  state: string;
  actor: string;
  opened_at: Date;
  moved_at: Date;
  next_step: string;
}

export type Mode = 'DRYRUN' | 'LIVE';

/** What a dry run would have changed: rows per table, events by type. */
export interface Impact {
  units?: number;
  rows?: Record<string, number>;
  updated?: Record<string, number>;
  events?: Record<string, number>;
  /** False where the master gate is closed: then no event was seen. */
  events_recorded?: boolean;
  milliseconds?: number;
}

/** Why a dry run is red. */
export interface Problem {
  code: string;
  name: string | null;
  message: string;
  detail: unknown;
}

export interface DryRun {
  dryrun_id: string;
  verdict: 'green' | 'red';
  manifest_digest: string;
  reconstructed_sha256: string | null;
  impact: Impact;
  problem: Problem | null;
  made_at: string;
}

export interface Transition {
  seq: number;
  from: string;
  to: string;
  step: string;
  actor: string;
  login: string;
  reason: string | null;
  moved_at: string;
  receipt: Record<string, unknown>;
}

/** What fn_cut_status returns. */
export interface RunStatus {
  run_id: string;
  mode: Mode;
  state: string;
  terminal: boolean;
  next_step: string;
  actor: string;
  opened_at: string;
  doc_prefix: string;
  source: { source_version_id: string; sha256: string; bytes: number; origin: string; kept: boolean };
  manifest_digest: string | null;
  pieces: number | null;
  plan_digest: string | null;
  transitions: Transition[];
  dry_runs: DryRun[];
}

/** A row of fn_cut_readiness. */
export interface Readiness {
  code: string;
  item: string;
  owner: string;
  form: string;
  state: 'closed' | 'partial' | 'open';
  next: string | null;
}

/** A row of fn_cut_plan_tree. */
export interface PlannedUnit {
  position: number;
  depth: number;
  address: string;
  section_type: string;
  role: string;
  title: string;
  line_start: number;
  line_end: number;
  bytes: number;
  units_below: number;
}

/** All runs of the database, the newest first. Throws what the server says, as all of these do. */
export async function readRuns(client: pg.Client): Promise<Run[]> {
  return (await client.query<Run>('select * from public.fn_cut_runs()')).rows;
}

/** Everything recorded of one run. */
export async function readStatus(client: pg.Client, run: string): Promise<RunStatus> {
  const text = 'select public.fn_cut_status($1) as status';
  return (await client.query<{ status: RunStatus }>(text, [run])).rows[0]!.status;
}

/** What a live cut of the run takes, one row each. */
export async function readReadiness(client: pg.Client, run: string): Promise<Readiness[]> {
  return (await client.query<Readiness>('select * from public.fn_cut_readiness($1)', [run])).rows;
}

/** The units that the run would cut, in reading order; none while it is not marked. */
export async function readPlanTree(client: pg.Client, run: string): Promise<PlannedUnit[]> {
  return (await client.query<PlannedUnit>('select * from public.fn_cut_plan_tree($1)', [run])).rows;
}

/** The canonical JSON of the profile that a source is pinned under. */
export async function pinnedProfile(
  client: pg.Client,
  sourceVersion: string,
): Promise<{ name: string; version: number; canonical: string }> {
  const { rows } = await client.query(await sqlFile('profile.sql'), [sourceVersion]);
  return rows[0];
}
