import { stopRun, voidRun } from '../../cut-run/index.ts';
import { assertWritable } from '../../postgres/index.ts';
import { EXIT, type Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import { usage } from './document.ts';
import type { Given } from './given.ts';
import { askedRun, attended, openStanding, telling } from './standing.ts';

const WAYS = {
  stop: { call: stopRun, role: 'cutter_exec' },
  void: { call: voidRun, role: 'cutter_approver' },
};

/** `iu cut stop RUN` and `iu cut void RUN`: the exits that a person decides on, with the reason. */
export async function leave(context: Context, given: Given, way: keyof typeof WAYS): Promise<Outcome> {
  const run = askedRun(given.subject, way);
  const { reason } = given;
  if (!reason) {
    const next = `npm run iu -- cut ${way} ${run} --reason "why"`;
    throw usage('usage', `cut ${way} needs --reason "…"`, next);
  }
  const connection = await openStanding(context, way);
  assertWritable(connection.identity);
  const { call, role } = WAYS[way];
  const actor = given.actor ?? connection.identity.session_user;
  const leaving = attended(context, connection)(() => call(connection.client, run, reason, actor));
  const answer = await telling(leaving, connection, role);
  context.progress.line(`  ${SENTENCES[`${way} ${answer.status}`] ?? answer.status}`);
  return { verdict: answer.state, exit: EXIT.clean, items: [answer], findings: [] };
}

const SENTENCES: Record<string, string> = {
  'stop stopped': 'stopped where it was; npm run iu -- cut resume RUN takes it on from there',
  'stop unchanged': 'was stopped already; nothing was written',
  'void voided': 'voided, for good; its source can be marked again, in another run',
  'void unchanged': 'was voided already; nothing was written',
};
