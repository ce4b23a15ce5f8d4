import {
  type Climb,
  diffFacts,
  type FactChange,
  type Facts,
  type Level,
  onlyReordered,
  type Visit,
} from '../proof/index.ts';
import type { SqlFile } from '../sql/index.ts';
import { acceptedTables, isDeclaredLost, tableOfColumn } from './headers.ts';
import { judgeRows, type TableRows } from './rows.ts';

export type Verdict =
  | 'equal'
  | 'equal-with-declared-loss'
  | 'equal-but-reordered'
  | 'not-equal'
  | 'empty'
  | 'not-inverted'
  | 'not-reapplied';

/** What a climb shows of a rollback. What it does not compare is said in docs/iu-rehearse.md. */
export interface Judgement {
  verdict: Verdict;
  /** What the catalog is after a move and was not the first time; accepted positions are left out. */
  facts: FactChange[];
  /** Where the order of columns differs as `Accepts:` says. */
  accepted: string[];
  data: TableRows[];
  /** `Destroys:` and `Accepts:` lines of the rollback that the climb shows to be untrue. */
  stale: Array<{ header: 'Accepts' | 'Destroys'; table: string }>;
  /** The up changed something: a fact or a row. */
  changes: boolean;
  failed: Climb['failed'];
  /** A move failed half-way: the database is on neither level. */
  between: boolean;
}

/** The catalog of both levels as it was recorded before; without it, as the climb first saw it. */
export type Recorded = Record<Level, Facts>;

/**
 * Judges a climb. What differed from the record at its very start (made by seeds, or left by a rollback
 * that was gone before) is nobody's fault here. An up without any effect makes the verdict `empty`.
 */
export function judge({ visits, failed }: Climb, down: SqlFile, recorded?: Recorded): Judgement {
  const reference = recorded ?? firstSeen(visits);
  const all = chargedFacts(visits, reference);
  const order = acceptedTables(down.headers.Accepts);
  const accepts = ({ object, field }: FactChange) =>
    field === 'position' && order.includes(tableOfColumn(object) ?? '');
  const facts = all.filter((fact) => !accepts(fact));
  const accepted = [...new Set(all.filter(accepts).map(({ object }) => tableOfColumn(object)!))];

  const reshaped = columnsIn(all.filter(({ field }) => field !== 'position'));
  const parents = parentsIn(visits);
  // rows of a partition are its parent's
  const declared = (table: string) =>
    [table, ...(parents.get(table) ?? [])].some((named) => isDeclaredLost(named, down.headers.Destroys));
  const made = reference.low && reference.high ? diffFacts(reference.low, reference.high) : [];
  const altered = columnsIn(made);
  const data = judgeRows(visits, {
    reshaped: (table) => reshaped.has(table),
    altered: (table) => altered.has(table),
    declared,
  });
  const stale = [
    // whether columns moved is known once both levels were seen again
    ...(failed ? [] : order.filter((table) => !accepted.includes(table))).map((table) => ({
      header: 'Accepts' as const,
      table,
    })),
    ...kept(visits, data, altered)
      .filter(declared)
      .map((table) => ({ header: 'Destroys' as const, table })),
  ];
  const changes = made.length > 0 || rowsMoved(visits);
  const between = failed !== null && diffFacts(visits.at(-1)!.facts, failed.left.facts).length > 0;
  const judgement = { facts, accepted, data, stale, changes, failed, between };
  return { ...judgement, verdict: verdictOf(judgement) };
}

function verdictOf({ failed, facts, data, changes }: Omit<Judgement, 'verdict'>): Verdict {
  if (failed) return failed.move === 'down' ? 'not-inverted' : 'not-reapplied';
  if (data.some(({ outcome }) => outcome === 'lost')) return 'not-equal';
  if (facts.length > 0) return onlyReordered(facts) ? 'equal-but-reordered' : 'not-equal';
  if (data.some(({ outcome }) => outcome === 'lost-as-declared')) return 'equal-with-declared-loss';
  return changes ? 'equal' : 'empty';
}

const firstSeen = (visits: readonly Visit[]): Partial<Recorded> => {
  const first = (level: Level) => visits.find((visit) => visit.level === level)?.facts;
  const [low, high] = [first('low'), first('high')];
  return { ...(low && { low }), ...(high && { high }) };
};

/** The tables of which a column is among the changes. */
const columnsIn = (changes: readonly FactChange[]): Set<string | null> =>
  new Set(changes.map(({ object }) => tableOfColumn(object)));

/** The tables that a table was seen to inherit from: the parent of a partition. */
function parentsIn(visits: readonly Visit[]): Map<string, string[]> {
  const seen = visits.flatMap(({ facts, rows }) =>
    [...rows.keys()].map((table) => [table, facts.objects.get(`table ${table}`)?.parents] as const),
  );
  return new Map(seen.flatMap(([table, parents]) => (parents ? [[table, parents.split(', ')]] : [])));
}

const keyOf = ({ object, field }: FactChange) => `${object}\n${field}`;

/** Every fact that a visit found otherwise than the reference of its level, once each, as first found. */
function chargedFacts(visits: readonly Visit[], reference: Partial<Recorded>): FactChange[] {
  const [start, ...moved] = visits.map(({ level, facts }) => diffFacts(reference[level]!, facts));
  const seen = new Set(start!.map(keyOf));
  return moved.flat().filter((fact) => {
    const fresh = !seen.has(keyOf(fact));
    seen.add(keyOf(fact));
    return fresh;
  });
}

/** The first down of a climb: what was there before it, and what after it. */
function firstDown(visits: readonly Visit[]): [Visit, Visit] | null {
  const at = visits.findIndex(({ level }, index) => level === 'high' && visits[index + 1]?.level === 'low');
  return at < 0 ? null : [visits[at]!, visits[at + 1]!];
}

/** Tables that keep every row through the down, though there were some, and whose columns the up left alone. */
function kept(visits: readonly Visit[], data: readonly TableRows[], altered: Set<string | null>): string[] {
  const [before, after] = firstDown(visits) ?? [];
  if (!before || !after) return [];
  return data
    .filter(({ table, outcome }) => outcome === 'equal' && !altered.has(table))
    .map(({ table }) => table)
    .filter((table) => {
      const [was, is] = [before.rows.get(table), after.rows.get(table)];
      return was !== undefined && was.rows > 0 && was.digest === is?.digest;
    });
}

/** Whether an up changed rows. A table that came or went is a matter of the catalog. */
const rowsMoved = (visits: readonly Visit[]): boolean =>
  visits.some(({ level, rows }, index) => {
    const next = level === 'low' ? visits[index + 1]?.rows : undefined;
    return next !== undefined && [...next].some(([table, { digest }]) => rows.get(table)?.digest !== digest);
  });
