import { describeReadiness, readReadiness } from '../../cut-run/index.ts';
import { EXIT, type Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import type { Given } from './given.ts';
import { askedRun, openStanding, telling } from './standing.ts';

/** `iu cut readiness RUN`: what a live cut of it takes. What is missing is the answer, not a finding. */
export async function sayReadiness(context: Context, { subject }: Given): Promise<Outcome> {
  const run = askedRun(subject, 'readiness');
  const connection = await openStanding(context, 'readiness');
  const rows = await telling(readReadiness(connection.client, run), connection, 'context_pack_readonly');
  for (const text of describeReadiness(rows)) context.progress.line(text);
  const missing = rows.filter(({ state }) => state !== 'closed').length;
  const verdict = missing === 0 ? 'ready' : `${missing} of ${rows.length} missing`;
  return { verdict, exit: EXIT.clean, items: rows, findings: [] };
}
