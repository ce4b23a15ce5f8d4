import { EXIT, IuError } from '../report/index.ts';
import type { TableDigest } from './data.ts';
import type { Facts } from './facts.ts';

/** How to go up and down one step once: a migration and its rollback. */
export interface Step {
  up(): Promise<void>;
  down(): Promise<void>;
}

/** What a database holds: the facts of its catalog, and the digests of its tables' rows. */
export interface State {
  facts: Facts;
  rows: ReadonlyMap<string, TableDigest>;
}

/** `low`: the step is not applied. `high`: it is. */
export type Level = 'low' | 'high';

/** A state, and which of the two levels it was seen at. */
export interface Visit extends State {
  level: Level;
}

/** What was seen on the staircase: the start, then one visit after each move that did not fail. */
export interface Climb {
  visits: Visit[];
  /** The move that failed, what it threw, and what the database held afterwards. */
  failed: { move: 'up' | 'down'; error: unknown; left: State } | null;
}

/** From below: up, down, up, down, up. From above: down, up, down, up, down. */
const MOVES = 5;

/**
 * Goes five moves over one step, from wherever `start` is, and looks at the database after each: every
 * level is seen at least twice after a move in the other direction. Judges nothing. Throws what the very
 * first move throws if that is an up (then there is nothing to prove), what `look` throws, and what says of
 * itself that it is inconclusive (a lost connection): that is no fault of the step.
 */
export async function climb(start: Visit, step: Step, look: () => Promise<State>): Promise<Climb> {
  const visits = [start];
  for (let moved = 0; moved < MOVES; moved += 1) {
    const move = visits.at(-1)!.level === 'low' ? 'up' : 'down';
    try {
      await step[move]();
    } catch (error) {
      const unclear = error instanceof IuError && error.exit === EXIT.inconclusive;
      if (unclear || (moved === 0 && move === 'up')) throw error;
      return { visits, failed: { move, error, left: await look() } };
    }
    visits.push({ level: move === 'up' ? 'high' : 'low', ...(await look()) });
  }
  return { visits, failed: null };
}
