import type pg from 'pg';
import { connectionLost } from '../postgres/index.ts';
import type { Finding } from '../report/index.ts';

/** What one check saw, in plain words. */
export interface Check {
  /** tools, target, migrations, roles, grants, locks, gates, … */
  group: string;
  check: string;
  /** null: neither good nor bad, or it could not be made; a finding says which. */
  ok: boolean | null;
  detail: string;
  next?: string;
}

/** The checks of one part, and what is wrong there. */
export interface Part {
  checks: Check[];
  findings: Finding[];
}

/** The code of a finding that says a check could not be made: then nothing is clean. */
export const NOT_CHECKED = 'not_checked';

/** Findings of the chain that are no fault. */
export const HARMLESS = ['edited_cosmetic', 'running'];

/** How long a check waits for a table that somebody has locked. */
const LOCK_TIMEOUT = '10s';

/** Runs `work` in a READ ONLY transaction, so that no check can write, whatever it calls. */
export async function readOnly<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query(`begin read only; set local lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    const value = await work();
    await client.query('commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/**
 * The same for one check of `group`: what the server refuses becomes a check that could not be made. A lost
 * connection and our own errors are thrown.
 */
export async function tried(client: pg.Client, group: string, work: () => Promise<Part>): Promise<Part> {
  try {
    return await readOnly(client, work);
  } catch (error) {
    const { severity, code, message } = error as Partial<Record<'severity' | 'code' | 'message', string>>;
    if (connectionLost(error) || typeof severity !== 'string') throw error;
    return notChecked(group, group, `the server says: ${message} (SQLSTATE ${code})`, stepFor(code));
  }
}

function stepFor(code: string | undefined): string {
  if (code === '55P03') return 'somebody has locked it: npm run iu -- doctor again, later';
  return 'the schema is not as its migrations made it: call the check in psql, and compare with npm run iu -- seal';
}

/** A check that could not be made, and what it takes. */
export function notChecked(group: string, check: string, why: string, next: string): Part {
  return {
    checks: [{ group, check, ok: null, detail: why, next }],
    findings: [{ code: NOT_CHECKED, message: `${check} could not be checked: ${why}`, object: group, next }],
  };
}

/** A check as it stands, with the finding it makes where it is not ok. */
export function judged(check: Check, finding: Omit<Finding, 'message' | 'next'>): Part {
  const { group, detail, next } = check;
  if (check.ok !== false) return { checks: [check], findings: [] };
  const message = `${check.check}: ${detail}`;
  return { checks: [check], findings: [{ ...finding, object: finding.object ?? group, message, next }] };
}

/** One check that all is well, or one per finding. */
export function each(group: string, well: string, findings: Finding[]): Part {
  const checks = findings.map(
    ({ code, message, next }): Check => ({
      group,
      check: code,
      ok: false,
      detail: message,
      ...(next ? { next } : {}),
    }),
  );
  return {
    checks: checks.length > 0 ? checks : [{ group, check: well, ok: true, detail: 'none' }],
    findings,
  };
}

/** The parts as one. */
export const joined = (parts: Part[]): Part => ({
  checks: parts.flatMap(({ checks }) => checks),
  findings: parts.flatMap(({ findings }) => findings),
});
