import { describeTree, readPlanTree } from '../../cut-run/index.ts';
import { EXIT, type Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import type { Given } from './given.ts';
import { askedRun, openStanding, telling } from './standing.ts';

/** `iu cut plan RUN`: the units that a run would cut, as a tree with counts. */
export async function sayPlan(context: Context, { subject }: Given): Promise<Outcome> {
  const run = askedRun(subject, 'plan');
  const connection = await openStanding(context, 'plan');
  const tree = await telling(readPlanTree(connection.client, run), connection, 'context_pack_readonly');
  for (const text of describeTree(tree, 'all')) context.progress.line(text);
  if (tree.length === 0) context.progress.line('  it is not marked yet');
  const verdict = tree.length === 0 ? 'not marked' : `${tree.length} units`;
  return { verdict, exit: EXIT.clean, items: tree, findings: [] };
}
