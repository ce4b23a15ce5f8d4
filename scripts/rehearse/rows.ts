import type { Level, TableDigest, Visit } from '../proof/index.ts';

/**
 * What became of one table's rows. `bytes`: digests of the rows' text were compared. `counts`: only how many
 * there are. `none`: nothing could be compared, `reason` says why.
 */
export interface TableRows {
  table: string;
  mode: 'bytes' | 'counts' | 'none';
  outcome: 'equal' | 'lost' | 'lost-as-declared';
  reason?: string;
  before: TableDigest | null;
  after: TableDigest | null;
}

/** What is known beforehand of a table. */
export interface Expected {
  /** Its columns are not the same at every visit of a level. */
  reshaped(table: string): boolean;
  /** The up changes its columns. */
  altered(table: string): boolean;
  /** The rollback says that it loses rows of it. */
  declared(table: string): boolean;
}

type Seen = Array<TableDigest | undefined>;

const EMPTY: TableDigest = { rows: 0, digest: '' };

/**
 * Judges the rows of every table that was there before the up, or held rows after it:
 *
 * - what was there before the up must be there, byte for byte, after every down;
 * - what was there at the start of a climb from above must be there again after down and up; where the up
 *   changes rows that others wrote (a data migration), only as many as there were;
 * - a second up must leave as many rows as the first; other bytes only mean that the up writes a clock, a
 *   random number or a sequence, and then the rule before this one can only count as well.
 */
export function judgeRows(visits: readonly Visit[], expected: Expected): TableRows[] {
  const at = (level: Level) => visits.filter((visit) => visit.level === level);
  const [lows, highs] = [at('low'), at('high')];
  const tables = new Set(visits.flatMap(({ rows }) => [...rows.keys()]));
  return [...tables].sort().flatMap((table) => {
    const of = (list: Visit[]): Seen => list.map(({ rows }) => rows.get(table));
    const [low, high] = [of(lows), of(highs)];
    // from above the first low is followed by the second high: what the up does by itself
    const rewrites =
      visits[0]?.level === 'high' && !expected.altered(table) && low[0]?.digest !== high[1]?.digest;
    const judged = judgeTable(low, high, expected.reshaped(table), low[0] !== undefined && rewrites);
    if (!judged) return [];
    const outcome =
      judged.outcome === 'lost' && expected.declared(table) ? 'lost-as-declared' : judged.outcome;
    return [{ table, ...judged, outcome }];
  });
}

type Judged = Omit<TableRows, 'table'>;

function judgeTable(lows: Seen, highs: Seen, reshaped: boolean, rewrites: boolean): Judged | null {
  const down = judgeLows(lows, reshaped);
  if (down?.outcome === 'lost') return down;
  const up = judgeHighs(highs, reshaped, rewrites);
  if (up?.outcome === 'lost') return up;
  if (!down) return up;
  if (down.mode === 'none' && up) return up;
  return up?.reason && !down.reason ? { ...down, reason: up.reason } : down;
}

/** The rows that were there before the up, after each down. Null for a table that the up makes. */
function judgeLows([first, ...later]: Seen, reshaped: boolean): Judged | null {
  if (!first) return null;
  const mode = reshaped ? 'counts' : 'bytes';
  const odd = later.find((one) => !same(mode, first, one ?? EMPTY));
  if (odd !== undefined || (later.includes(undefined) && first.rows > 0)) {
    return { mode, outcome: 'lost', before: first, after: odd ?? null };
  }
  const after = later.at(-1) ?? null;
  if (first.rows === 0) return { mode: 'none', outcome: 'equal', reason: 'empty', before: first, after };
  const reason = reshaped ? { reason: 'its columns are not the same' } : {};
  return { mode, outcome: 'equal', ...reason, before: first, after };
}

/** The rows after each up. Null where there never were any. */
function judgeHighs([first, second, third]: Seen, reshaped: boolean, rewrites: boolean): Judged | null {
  if (!second || (first?.rows ?? 0) + second.rows + (third?.rows ?? 0) === 0) return null;
  const before = first ?? EMPTY;
  if (third && third.rows !== second.rows) {
    return { mode: 'counts', outcome: 'lost', before: second, after: third };
  }
  if (same('bytes', before, second) && !reshaped)
    return { mode: 'bytes', outcome: 'equal', before, after: second };
  const settled = third !== undefined && third.digest === second.digest;
  const mode = settled && !rewrites && !reshaped ? 'bytes' : 'counts';
  if (!same(mode, before, second)) return { mode, outcome: 'lost', before, after: second };
  const reason = `after the up only counted: it ${settled ? 'changes rows that others wrote' : 'does not write the same rows each time'}`;
  return { mode, outcome: 'equal', reason, before, after: second };
}

const same = (mode: 'bytes' | 'counts', a: TableDigest, b: TableDigest): boolean =>
  a.rows === b.rows && (mode === 'counts' || a.rows === 0 || a.digest === b.digest);
