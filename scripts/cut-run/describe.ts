import { visible } from '../report/index.ts';
import type { DryRun, PlannedUnit, Readiness, Run, RunStatus } from './read.ts';

/** How many units are shown to people. */
const SHOWN = 40;

/*
 * What is read of a run, as lines for people. Titles, reasons and addresses come from documents and people: their
 * control characters are made visible.
 */

const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** The tree that a run would cut: its first units, and where the rest is to be seen; or all. */
export function describeTree(tree: PlannedUnit[], all: 'all' | { more: string }): string[] {
  const lines = tree.slice(0, all === 'all' ? tree.length : SHOWN).map((unit) => {
    const { line_start: from, line_end: to, units_below: below } = unit;
    const where = from === to ? `line ${from}` : `lines ${from}-${to}`;
    const what = unit.role === 'unit' ? unit.section_type : unit.role.replace('_', ' ');
    const holds = below > 0 ? `, ${below} below` : '';
    return visible(
      `  ${'  '.repeat(unit.depth)}${unit.address}  ${what}  ${where}, ${unit.bytes} B${holds}  ${unit.title}`,
    );
  });
  if (all !== 'all' && tree.length > SHOWN) lines.push(`  … and ${tree.length - SHOWN} more${all.more}`);
  return lines;
}

/** A dry run: its verdict, what it would have written, and what was composed back. */
export function describeDryRun({ verdict, impact, problem, reconstructed_sha256 }: DryRun): string[] {
  const { rows = {}, updated = {}, events = {}, events_recorded, milliseconds, units } = impact;
  const table = (title: string, of: Record<string, number>) =>
    Object.entries(of)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, number]) => `    ${String(number).padStart(8)}  ${title} ${name}`);
  const lines = [
    `  dry run: ${verdict}${units === undefined ? '' : `, ${count(units, 'unit')}`}${milliseconds === undefined ? '' : `, ${milliseconds} ms`}`,
    ...table('rows into', rows),
    ...table('rows changed in', updated),
    ...table('events', events),
  ];
  if (events_recorded === false) lines.push('    no event is seen: iu_core.routes_master_enabled is closed');
  if (reconstructed_sha256) lines.push(`  composed back: sha256 ${reconstructed_sha256}`);
  if (problem) lines.push(visible(`  because: ${problem.message}`));
  return lines;
}

const ORDER = ['open', 'partial', 'closed'] as const;

/** What a live cut takes: what is open, what is partly there, what is done. */
export function describeReadiness(rows: Readiness[]): string[] {
  return ORDER.flatMap((state) => {
    const group = rows.filter((row) => row.state === state);
    if (group.length === 0) return [];
    return [
      `  ${state} (${group.length})`,
      ...group.flatMap(({ code, item, owner, form, next }) => [
        `    ${code.padEnd(8)}  ${visible(item)}`,
        ...(state === 'closed'
          ? []
          : [
              `              ${owner}: ${visible(form)}`,
              ...(next ? [`              next: ${visible(next)}`] : []),
            ]),
      ]),
    ];
  });
}

/** One line: what a live cut would still miss. */
export function summarizeReadiness(rows: Readiness[]): string {
  const missing = rows.filter(({ state }) => state !== 'closed').map(({ code }) => code);
  if (missing.length === 0) return '  a live cut misses nothing';
  return `  a live cut would still miss ${missing.length} of ${rows.length}: ${missing.join(', ')}`;
}

/** The runs of a database. */
export const describeRuns = (runs: Run[]): string[] =>
  runs.flatMap(({ run_id, doc_prefix, mode, state, actor, opened_at, next_step }) => [
    visible(`  ${run_id}  ${mode.padEnd(6)}  ${state.padEnd(18)}  ${doc_prefix}`),
    visible(`      opened ${opened_at.toISOString()} by ${actor}; next: ${next_step}`),
  ]);

/** Everything recorded of one run. */
export function describeStatus(status: RunStatus): string[] {
  const { source, transitions, dry_runs } = status;
  const latest = dry_runs.at(-1);
  return [
    `  ${status.run_id}: ${status.mode} of ${status.doc_prefix}, ${status.state}`,
    visible(`  opened ${status.opened_at} by ${status.actor}`),
    visible(`  source: ${source.origin}, ${source.bytes} bytes, sha256 ${source.sha256}`),
    `      its bytes are ${source.kept ? 'kept here' : 'not kept here: a step that reads them needs the file'}`,
    status.manifest_digest
      ? `  manifest: ${status.manifest_digest}, ${count(status.pieces ?? 0, 'piece')}`
      : '  manifest: none yet',
    `  plan: ${status.plan_digest ?? 'none yet'}`,
    '  how it came here',
    ...transitions.map(({ seq, from, to, step, actor, login, reason, moved_at }) =>
      visible(
        `    ${String(seq).padStart(3)}  ${moved_at}  ${from} → ${to} (${step}) by ${actor}${
          login === actor ? '' : `, login ${login}`
        }${reason ? `: ${reason}` : ''}`,
      ),
    ),
    ...(dry_runs.length > 1 ? [`  ${count(dry_runs.length, 'dry run')}, the newest:`] : []),
    ...(latest ? describeDryRun(latest) : ['  dry run: none yet']),
    `  next: ${status.next_step}`,
  ];
}
