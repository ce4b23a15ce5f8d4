import type { Manifest } from '../../cut/index.ts';
import {
  type Backup,
  type Driven,
  describeDryRun,
  describeTree,
  drive,
  latestDryRun,
  type Readiness,
  type RunStatus,
  readPlanTree,
  readReadiness,
  summarizeReadiness,
} from '../../cut-run/index.ts';
import { EXIT, type Finding, type Outcome } from '../../report/index.ts';
import type { Connection } from '../connection.ts';
import { witnessOn } from '../disposable.ts';
import type { Context } from '../verb.ts';
import { problemOf } from './red.ts';
import { attended, telling } from './standing.ts';

/** What an action brings to a run. */
export interface Brought {
  actor: string;
  /** As it was given: findings name it. */
  file: string | undefined;
  manifest(status: RunStatus): Promise<Manifest>;
  content(status: RunStatus): Promise<Buffer>;
  backup: Backup | null;
  witness: boolean;
}

/** Takes a run on to its end or next pause, and says all that came of it. */
export async function go(
  context: Context,
  connection: Connection,
  run: string,
  brought: Brought,
): Promise<Outcome> {
  const { client, target } = connection;
  const { actor, file, manifest, content, backup } = brought;
  const { step, line } = context.progress;
  const watched = brought.witness || target.disposable;
  const witness = watched ? await witnessOn(context, target.url, 'cut') : 'it was not asked for (--witness)';
  const driven = await telling(
    drive({
      client,
      run,
      actor,
      manifest,
      content,
      backup,
      witness,
      step,
      attended: attended(context, connection),
    }),
    connection,
    'cutter_exec',
    file,
  );
  const [tree, readiness] = [await readPlanTree(client, run), await readReadiness(client, run)];
  const more = target.disposable ? '' : `: npm run iu -- cut plan ${run}`;
  for (const text of describeTree(tree, { more })) line(text);
  const item = itemOf(driven, readiness);
  for (const { check, ok, detail } of item.checks ?? [])
    line(`  ${ok ? 'ok' : 'NOT OK'}  ${check}${detail ? `: ${detail}` : ''}`);
  const dryRun = latestDryRun(driven.status);
  if (dryRun) for (const text of describeDryRun(dryRun)) line(text);
  if (driven.rehearsal) line(`  what the dry run left behind: ${driven.rehearsal.evidence.verdict}`);
  if (dryRun?.verdict === 'green') line(`  source        sha256 ${driven.status.source.sha256}: the same`);
  line(summarizeReadiness(readiness));
  line(`  run ${run}: ${driven.status.state}`);
  if (!driven.status.terminal) line(`  next: ${driven.status.next_step}`);
  if (target.disposable) line('  it was made on a server of this run, which is gone with it');
  return outcome(driven, item);
}

interface Check {
  check: string;
  ok: boolean;
  detail: string | null;
}

type Item = ReturnType<typeof itemOf>;

/** docs/iu-cut.md. */
function itemOf({ status, end, rehearsal }: Driven, readiness: Readiness[]) {
  const dryRun = latestDryRun(status);
  const plan = status.transitions.find(({ step }) => step === 'plan')?.receipt;
  return {
    run_id: status.run_id,
    mode: status.mode,
    state: status.state,
    end,
    prefix: status.doc_prefix,
    origin: status.source.origin,
    manifest_digest: status.manifest_digest,
    plan_digest: status.plan_digest,
    source_sha256: status.source.sha256,
    reconstructed_sha256: dryRun?.reconstructed_sha256 ?? null,
    checks: (plan?.checks as Check[] | undefined) ?? null,
    verdict: dryRun?.verdict ?? null,
    units: dryRun?.impact.units ?? null,
    rows: dryRun?.impact.rows ?? null,
    updated: dryRun?.impact.updated ?? null,
    events: dryRun?.impact.events ?? null,
    events_recorded: dryRun?.impact.events_recorded ?? null,
    milliseconds: dryRun?.impact.milliseconds ?? null,
    problem: dryRun?.problem ?? null,
    left_behind: rehearsal?.evidence ?? null,
    readiness,
    next: status.next_step,
  };
}

function outcome({ status, end, rehearsal }: Driven, item: Item): Outcome {
  const of = (verdict: string, exit: Outcome['exit'], findings: Finding[] = []): Outcome => ({
    verdict,
    exit,
    items: [item],
    findings,
  });
  if (end === 'leaked') return of('leaked', EXIT.finding, rehearsal!.findings);
  if (end === 'halted') {
    const red = status.state === 'failed' && item.verdict === 'red' && item.problem !== null;
    return red
      ? of('red', EXIT.finding, problemOf(status))
      : of(status.state, EXIT.finding, [halted(status)]);
  }
  if (rehearsal?.evidence.verdict === 'inconclusive')
    return of('inconclusive', EXIT.inconclusive, rehearsal.findings);
  if (end === 'no-backup') return of('paused: no backup is stated (--backup)', EXIT.clean);
  if (end === 'sg-1') return of('paused at SG_1', EXIT.clean);
  if (end === 'beyond') return of(status.state, EXIT.clean);
  return of(item.verdict ?? status.state, EXIT.clean);
}

/** A run that somebody stopped, or that failed: it is not taken on unasked. */
export function halted({ run_id, state, transitions }: RunStatus): Finding {
  const { reason, actor } = transitions.at(-1)!;
  return {
    code: 'run_halted',
    message: `run ${run_id} is ${state}${reason ? `: ${reason}` : ''} (${actor})`,
    object: run_id,
    next: `npm run iu -- cut resume ${run_id}, or have an approver void it: npm run iu -- cut void ${run_id} --reason "…"`,
  };
}
