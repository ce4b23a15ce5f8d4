import { type Finding, IuError } from '../../report/index.ts';
import type { SqlFile } from '../../sql/index.ts';
import type { Residue } from './residue.ts';
import type { ProbeRun } from './result.ts';

/** One line of what a probe says of itself: a result row `(scenario text, ok boolean, detail text)`. */
export interface ProbeScenario {
  scenario: string;
  ok: boolean;
  detail: string | null;
}

/** One probe in a report or receipt (docs/iu-probe.md). */
export type ProbeItem = Omit<ProbeRun, 'rows' | 'error' | 'refusals' | 'leaks' | 'stale'> & {
  file: string;
  scenarios: ProbeScenario[];
};

/**
 * What a run says in a report: the item, and a finding for everything that is wrong with it. A probe that
 * broke off has a last scenario that says so. Throws what broke it off, if that is a bug of ours.
 */
export function reportProbe(
  file: SqlFile,
  run: ProbeRun,
  said: ProbeScenario[],
): { item: ProbeItem; findings: Finding[] } {
  const { rows: _, error, refusals, leaks, stale, verdict, ...evidence } = run;
  if (error !== null && !(error instanceof IuError)) throw error;
  const broken = error?.findings ?? [];
  const scenarios = [...said, ...broken.map(({ message }) => brokenOff(message))];
  const item = { file: file.file, verdict, scenarios, ...evidence };
  const findings = [
    ...refusals,
    ...broken,
    ...said.filter(({ ok }) => !ok).map((scenario) => failed(file.file, scenario)),
    ...leaks.map((residue) => leak(file.file, residue)),
    ...stale.map((value) => staleResidue(file.file, value)),
    ...(verdict === 'inconclusive' ? run.missing.map((why) => missing(file.file, why)) : []),
  ];
  return { item, findings };
}

const brokenOff = (detail: string): ProbeScenario => ({
  scenario: 'the probe runs to its end',
  ok: false,
  detail,
});

const failed = (file: string, { scenario, detail }: ProbeScenario): Finding => ({
  code: 'scenario_failed',
  message: `${scenario}: not as it must be${detail ? ` (${detail})` : ''}`,
  file,
});

const leak = (file: string, { class: kind, object, detail }: Residue): Finding => ({
  code: `residue_${kind.replaceAll('-', '_')}`,
  message: `${file} left something behind: ${object}: ${detail}`,
  file,
  object,
  next:
    kind === 'sequence-moved'
      ? `take it out, or declare it: --! Residue: sequence ${object}`
      : 'a probe must undo all it does: take out what ROLLBACK does not undo',
});

const staleResidue = (file: string, value: string): Finding => ({
  code: 'stale_residue',
  message: `${file} declares a residue that it does not leave: ${value}`,
  file,
  object: value.replace(/^sequence\s+/, ''),
  next: `remove the line "--! Residue: ${value}"`,
});

const missing = (file: string, why: string): Finding => ({
  code: 'probe_inconclusive',
  message: `${file}: nobody can tell whether it left nothing: ${why}`,
  file,
  next: 'run it with --witness, as a login without reach, or when nobody else is at work (docs/iu-probe.md)',
});
