import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { freshDatabase, login, query, type TestServer } from '../support/index.ts';

/** A folder of the calling test's own with the given files; removed when the test is over. */
export function folder(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'iu-rehearse-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** A login of the calling test's own on the shared server, and the scratch databases that are its own. */
export async function rehearser(server: TestServer, options: string) {
  const { name, url } = await login(server, await freshDatabase(server), options);
  const scratch = async () => {
    const text = `select datname::text as name from pg_database where datdba = $1::regrole order by 1`;
    return (await query(server.url, text, [name])).map((row) => String(row.name));
  };
  return { name, url, scratch };
}

const digest = z.strictObject({ rows: z.int(), digest: z.string() }).nullable();

/** The items of `iu rehearse --json`. */
export const items = z.array(
  z.strictObject({
    name: z.string(),
    run: z.enum(['empty', 'seeded']),
    verdict: z.enum([
      'equal',
      'equal-with-declared-loss',
      'equal-but-reordered',
      'not-equal',
      'empty',
      'not-inverted',
      'not-reapplied',
      'not-run',
      'inconclusive',
    ]),
    facts: z.array(
      z.strictObject({
        object: z.string(),
        field: z.string(),
        before: z.string().nullable(),
        after: z.string().nullable(),
      }),
    ),
    data: z.array(
      z.strictObject({
        table: z.string(),
        mode: z.enum(['bytes', 'counts', 'none']),
        outcome: z.enum(['equal', 'lost', 'lost-as-declared']),
        reason: z.string().optional(),
        before: digest,
        after: digest,
      }),
    ),
    accepted: z.array(z.string()),
    milliseconds: z.number(),
    reason: z.string().optional(),
  }),
);
