import type pg from 'pg';
import { chainStatus, invalidIndexes, type Project } from '../apply/index.ts';
import { EXIT, IuError } from '../report/index.ts';
import { type Check, each, HARMLESS, notChecked, type Part } from './check.ts';

export interface Installed extends Part {
  /** How many of the chain's migrations are not applied; null: this login may not know. */
  pending: number | null;
  /** Nothing of the chain is applied. */
  empty: boolean;
}

/** The chain as `iu status` has it, each deviation a check of its own. */
export async function migrations(client: pg.Client, project: Project): Promise<Installed> {
  const found = await chainStatus(client, project).catch((error: unknown) => {
    if (error instanceof IuError && error.exit === EXIT.refused) return error.findings[0]!;
    throw error;
  });
  if (!('items' in found)) {
    const part = notChecked('migrations', 'migrations', found.message, found.next ?? '');
    return { ...part, pending: null, empty: false };
  }
  const count = (state: string) => found.items.filter((item) => item.state === state).length;
  const [all, pending] = [found.items.length, count('pending')];
  const findings = found.findings.filter(({ code }) => code !== 'invalid_index');
  const mended = 'npm run iu -- migrate --target <the same target>';
  const chain: Check = {
    group: 'migrations',
    check: 'migrations',
    ok: pending === 0 && !findings.some(({ code }) => !HARMLESS.includes(code)),
    detail:
      `${all - pending} of ${all} applied, ${pending} pending, ${count('drifted')} with edited comments, ` +
      `${count('tampered')} not as recorded`,
    ...(pending > 0 ? { next: mended } : {}),
  };
  const deviations = findings.map(
    ({ code, message, next }): Check => ({
      group: 'migrations',
      check: code,
      ok: HARMLESS.includes(code) ? null : false,
      detail: message,
      ...(next ? { next } : {}),
    }),
  );
  if (pending > 0) {
    const message = `${pending} of ${all} migrations are pending`;
    findings.push({ code: 'pending', message, next: mended });
  }
  return { checks: [chain, ...deviations], findings, pending, empty: pending === all };
}

/** Indexes that were never finished. */
export async function indexes(client: pg.Client): Promise<Part> {
  const findings = await invalidIndexes(client);
  return each('indexes', 'no index is INVALID', findings);
}
