import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { schemaDatabase } from '../schema/support.ts';
import { type Database, iu, login, type TestServer } from '../support/index.ts';
import { CORPUS } from './support.ts';

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const counts = z.record(z.string(), z.int().positive());

/** The item of `iu cut run` and `iu cut resume`, as docs/iu-cut.md has it. */
export const runItem = z.strictObject({
  run_id: z.string().regex(/^ictr-/),
  mode: z.enum(['DRYRUN', 'LIVE']),
  state: z.string(),
  end: z.enum(['ended', 'halted', 'no-backup', 'sg-1', 'leaked', 'beyond']),
  prefix: z.string(),
  origin: z.string(),
  manifest_digest: sha.nullable(),
  plan_digest: sha.nullable(),
  source_sha256: sha,
  reconstructed_sha256: sha.nullable(),
  checks: z
    .array(z.strictObject({ check: z.string(), ok: z.boolean(), detail: z.string().nullable() }))
    .nullable(),
  verdict: z.enum(['green', 'red']).nullable(),
  units: z.int().nullable(),
  rows: counts.nullable(),
  updated: counts.nullable(),
  events: counts.nullable(),
  events_recorded: z.boolean().nullable(),
  milliseconds: z.int().nullable(),
  problem: z.record(z.string(), z.unknown()).nullable(),
  left_behind: z.looseObject({ verdict: z.string(), missing: z.array(z.string()) }).nullable(),
  readiness: z.array(
    z.strictObject({
      code: z.string(),
      item: z.string(),
      owner: z.string(),
      form: z.string(),
      state: z.enum(['closed', 'partial', 'open']),
      next: z.string().nullable(),
    }),
  ),
  next: z.string(),
});

export const corpus = (name: string) => join(CORPUS!, name);

export const sha256Of = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** A folder of the calling test's own with these files, removed with it. */
export function folder(files: Record<string, string | Buffer> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'iu-cut-run-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** A document of `count` sections below one heading. */
export const sections = (count: number, text = 'Text.') =>
  `# Rules\n\n${Array.from({ length: count }, (_, n) => `## Section ${n + 1}\n\n${text} ${n + 1}\n`).join('\n')}`;

export interface Place {
  database: Database;
  /** A login that cuts, and nothing else. */
  executor: string;
}

/** A database of the calling test's own, and a login that is cutter_exec there. */
export async function cutDatabase(server: TestServer): Promise<Place> {
  const database = await schemaDatabase(server);
  const { url } = await login(server, database, 'in role cutter_exec');
  return { database, executor: url };
}

/** `iu cut …`, and its item where it is of a run. */
export const cut = (url: string, ...args: string[]) => iu(['cut', ...args, '--target', url]);

/** `iu cut run` or `resume` to its end, its one item checked. */
export async function cutRun(url: string, ...args: string[]) {
  const ran = await cut(url, ...args);
  const [item] = z.array(runItem).parse(ran.report.items);
  return { ...ran, item: item! };
}
