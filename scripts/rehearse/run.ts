import type { FactChange } from '../proof/index.ts';
import type { Finding } from '../report/index.ts';
import { emptyUp, findingsOf, type Names } from './findings.ts';
import type { Judgement, Verdict } from './judge.ts';
import type { TableRows } from './rows.ts';

/** empty: on tables as the migrations leave them. seeded: with rows in them. */
export type Run = 'empty' | 'seeded';

/** One migration in one run. */
export interface RehearsalItem {
  name: string;
  run: Run;
  verdict: Verdict | 'not-run' | 'inconclusive';
  facts: FactChange[];
  data: TableRows[];
  /** Tables whose columns moved, as the rollback says. */
  accepted: string[];
  milliseconds: number;
  /** Why it was not run. */
  reason?: string;
}

/** A migration's judgement in one run; null where there is none. */
export interface Rehearsed {
  item: RehearsalItem;
  names: Names;
  judgement: Judgement | null;
}

/** How a verdict is shown in the progress: a fault in capitals. */
export function markOf(verdict: RehearsalItem['verdict']): string {
  if (verdict === 'equal') return 'ok';
  return verdict === 'equal-with-declared-loss' ? 'ok, loss declared' : verdict.toUpperCase();
}

export function rehearsed(
  name: string,
  run: Run,
  names: Names,
  judgement: Judgement,
  milliseconds: number,
): Rehearsed {
  const { verdict, facts, data, accepted } = judgement;
  return { names, judgement, item: { name, run, verdict, facts, data, accepted, milliseconds } };
}

export function notRun(
  name: string,
  run: Run,
  names: Names,
  reason: string,
  verdict: 'not-run' | 'inconclusive' = 'not-run',
): Rehearsed {
  const item = { name, run, verdict, facts: [], data: [], accepted: [], milliseconds: 0, reason };
  return { names, judgement: null, item };
}

/**
 * The findings of all runs, each once, though both runs show it. An up is empty when no run saw it change
 * anything; a `Destroys:` is stale when no run saw the loss.
 */
export function allFindings(all: readonly Rehearsed[]): Finding[] {
  const seen = new Set<string>();
  return all
    .flatMap((one) => {
      const same = all.filter(({ names }) => names.up === one.names.up);
      return one.judgement ? [...findingsOf(one.judgement, one.names), ...emptyIn(same)] : [];
    })
    .filter((finding) => !(finding.code === 'stale_destroys' && isLost(all, finding)))
    .filter(({ code, file, object, message }) => {
      const key = [code, file, object, message].join('\n');
      const fresh = !seen.has(key);
      seen.add(key);
      return fresh;
    });
}

function emptyIn(runs: readonly Rehearsed[]): Finding[] {
  const judged = runs.filter(({ judgement }) => judgement !== null);
  const idle = judged.every(({ judgement }) => !judgement!.changes && !judgement!.failed);
  return idle && judged[0] ? [emptyUp(judged[0].names)] : [];
}

const isLost = (all: readonly Rehearsed[], { file, object }: Finding): boolean =>
  all.some(
    ({ names, judgement }) =>
      names.down === file &&
      judgement?.data.some(({ table, outcome }) => table === object && outcome === 'lost-as-declared'),
  );
