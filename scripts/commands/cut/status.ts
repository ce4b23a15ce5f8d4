import { describeRuns, describeStatus, readRuns, readStatus } from '../../cut-run/index.ts';
import { EXIT, type Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import type { Given } from './given.ts';
import { openStanding, telling } from './standing.ts';

/** `iu cut status [RUN]`: the runs of a database, or everything recorded of one. */
export async function sayStatus(context: Context, { subject: run }: Given): Promise<Outcome> {
  const connection = await openStanding(context, 'status');
  const { client } = connection;
  const { line } = context.progress;
  if (!run) {
    const runs = await telling(readRuns(client), connection, 'context_pack_readonly');
    for (const text of describeRuns(runs)) line(text);
    return { verdict: runsOf(runs.length), exit: EXIT.clean, items: runs, findings: [] };
  }
  const status = await telling(readStatus(client, run), connection, 'context_pack_readonly');
  for (const text of describeStatus(status)) line(text);
  return { verdict: status.state, exit: EXIT.clean, items: [status], findings: [] };
}

const runsOf = (count: number) => (count === 1 ? '1 run' : `${count} runs`);
