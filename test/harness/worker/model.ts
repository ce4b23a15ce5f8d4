/**
 * An explicit-state model of the worker's tick beside transactions that write events, small enough to be explored
 * exhaustively. What it models is what is easily got wrong:
 *
 * - ids are drawn in another order than transactions begin, and both in another than they commit;
 * - a snapshot as PostgreSQL takes it: its xmax is the latest *completed* xid + 1, so a transaction may be in flight,
 *   with ids drawn, and be at or above xmax: then no xip names it;
 * - the worker reads the sequence, takes its snapshot, takes its xid and writes, commits: four steps, others in
 *   between; it is killed at any of them, and then all of its transaction is gone;
 * - two workers that race for a generation;
 * - a savepoint that is rolled back: an id drawn, and no row; a writer that never ends.
 *
 * One route stands for all: a page inserts its events times the routes in one statement.
 */

export interface Snapshot {
  xmin: number;
  xmax: number;
  xip: number[];
}

/** One row of the cursor's ledger. */
export interface Generation {
  n: number;
  from: Snapshot;
  to: Snapshot;
  /** Where the window's next page begins, after this (tx, id); null: the window is done. */
  after: [tx: number, id: number] | null;
  /** No event that this generation and those before have not handled has a lower id. */
  bound: number;
  mark: Mark | null;
  /** The highest id delivered so far. */
  highest: number;
}

/** Whoever has a later xid draws its ids above `lastId`. The next bound, once all up to that xid have ended. */
export interface Mark {
  xid: number;
  lastId: number;
}

interface Event {
  tx: number;
  id: number;
}

type Phase = 'new' | 'active' | 'committed' | 'aborted';

interface Writer {
  phase: Phase;
  xid: number;
  /** Ids of its rows. */
  rows: number[];
  /** Drawn before the xid, not yet written (only where the emitter may do that). */
  drawn: number[];
  burnt: number;
}

/** What a worker holds in its transaction; `at` is the step it has reached. */
type Worker =
  | { at: 'idle' }
  | { at: 'read'; lastId: number }
  | { at: 'snapshot'; lastId: number; last: Generation; to: Snapshot }
  | { at: 'written'; xid: number; rows: number[]; generation: Generation };

export interface State {
  lastId: number;
  nextXid: number;
  completed: number;
  writers: Writer[];
  workers: Worker[];
  ledger: Generation[];
  delivered: number[];
  ticks: number;
  crashes: number;
}

/** How the tick works; each broken variant differs in one member. */
export interface Algorithm {
  /** Does the window from `from` to `to` hold this event, that is committed now? */
  inWindow(event: Event, from: Snapshot, to: Snapshot): boolean;
  /** Bound and mark of a generation that finished a window up to `to`. */
  keep(last: Generation, to: Snapshot, own: Mark): { bound: number; mark: Mark | null };
  /** Rows first and the cursor in a transaction of its own: a crash may come between. */
  cursorApart?: true;
  /** The position is an id. */
  idCursor?: true;
  /** The emitter draws an id before its transaction has an xid. */
  idBeforeXid?: true;
}

export interface Size {
  writers: number;
  /** Rows per writer. */
  rows: number;
  workers: number;
  page: number;
  ticks: number;
  crashes: number;
  /** A writer may draw an id and roll back to a savepoint. */
  savepoints?: true;
}

const visible = (xid: number, { xmax, xip }: Snapshot): boolean => xid < xmax && !xip.includes(xid);

/** The two-snapshot window, and the mark as iu_core.write_generation has it. */
export const WINDOW: Algorithm = {
  inWindow: ({ tx }, from, to) => (tx >= from.xmax || from.xip.includes(tx)) && visible(tx, to),
  keep: ({ bound, mark }, to, own) => {
    if (!mark) return { bound, mark: own };
    return mark.xid < to.xmin ? { bound: Math.max(bound, mark.lastId + 1), mark: own } : { bound, mark };
  },
};

/** What everybody writes first: an id is a position. Late commits are lost. */
export const ID_CURSOR: Algorithm = {
  inWindow: ({ tx }, _, to) => visible(tx, to),
  keep: () => ({ bound: 0, mark: null }),
  idCursor: true,
};

/** Without those that were in flight at the last snapshot. */
export const NO_STRAGGLERS: Algorithm = {
  ...WINDOW,
  inWindow: ({ tx }, from, to) => tx >= from.xmax && visible(tx, to),
};

/** The bound is what the sequence was: too high for whoever was in flight then. */
export const BOUND_TOO_HIGH: Algorithm = {
  ...WINDOW,
  keep: (_, __, { lastId }) => ({ bound: lastId + 1, mark: null }),
};

/**
 * The subtle one: the mark is the snapshot's xmax, not an xid of its own. Who is at or above xmax may be in flight
 * and have its ids, and no xip names it.
 */
export const MARK_BY_XMAX: Algorithm = {
  ...WINDOW,
  keep: (last, to, { lastId }) => WINDOW.keep(last, to, { xid: to.xmax - 1, lastId }),
};

/** The right tick beside an emitter that draws ids before it has an xid: no bound is low enough. */
export const ID_BEFORE_XID: Algorithm = { ...WINDOW, idBeforeXid: true };

/** Rows and cursor in two transactions. */
export const CURSOR_APART: Algorithm = { ...WINDOW, cursorApart: true };

const NOBODY: Snapshot = { xmin: 1, xmax: 1, xip: [] };
const START: Generation = { n: 0, from: NOBODY, to: NOBODY, after: null, bound: 0, mark: null, highest: 0 };

export function initial({ writers, workers }: Size): State {
  return {
    lastId: 0,
    nextXid: 1,
    completed: 0,
    writers: Array.from({ length: writers }, () => ({ phase: 'new', xid: 0, rows: [], drawn: [], burnt: 0 })),
    workers: Array.from({ length: workers }, () => ({ at: 'idle' })),
    ledger: [START],
    delivered: [],
    ticks: 0,
    crashes: 0,
  };
}

/** As GetSnapshotData does; the worker has no xid yet. */
function snapshot(state: State): Snapshot {
  const xmax = state.completed + 1;
  const flying = [
    ...state.writers.flatMap((writer) => (writer.phase === 'active' && writer.xid ? [writer.xid] : [])),
    ...state.workers.flatMap((worker) => ('xid' in worker && worker.xid ? [worker.xid] : [])),
  ].filter((xid) => xid < xmax);
  const xip = flying.sort((a, b) => a - b);
  return { xmin: Math.min(xmax, ...flying), xmax, xip };
}

const committed = (state: State): Event[] =>
  state.writers.flatMap(({ phase, xid, rows }) =>
    phase === 'committed' ? rows.map((id) => ({ tx: xid, id })) : [],
  );

const later = ([tx, id]: [number, number], event: Event): boolean =>
  event.tx > tx || (event.tx === tx && event.id > id);

/** One page of the tick, after the newest generation that it read. */
function page(
  algorithm: Algorithm,
  state: State,
  size: Size,
  { last, lastId, to: taken }: Extract<Worker, { at: 'snapshot' }>,
): { rows: number[]; generation: Generation | null } {
  const [from, to] = last.after ? [last.from, last.to] : [last.to, taken];
  const bound = algorithm.idCursor ? last.highest + 1 : last.bound;
  const found = committed(state)
    .filter((event) => event.id >= bound && algorithm.inWindow(event, from, to))
    .filter((event) => !last.after || later(last.after, event))
    .sort((a, b) => a.tx - b.tx || a.id - b.id);
  const rows = found.slice(0, size.page);
  const end = found.length > size.page ? rows.at(-1)! : null;
  // An idle tick writes nothing; a page of an open window does, were it only to close it.
  if (rows.length === 0 && !last.after) return { rows: [], generation: null };
  const kept = end ? last : algorithm.keep(last, to, { xid: state.nextXid, lastId });
  return {
    rows: rows.map(({ id }) => id),
    generation: {
      n: last.n + 1,
      from,
      to,
      after: end ? [end.tx, end.id] : null,
      bound: kept.bound,
      mark: kept.mark,
      highest: Math.max(last.highest, ...rows.map(({ id }) => id)),
    },
  };
}

/** A step of somebody: what it is called, and where it leads. `broken` when it breaks an invariant by itself. */
export interface Step {
  name: string;
  state: State;
  broken?: string;
}

const put = <T>(list: T[], at: number, value: T): T[] => list.map((old, n) => (n === at ? value : old));

function writerSteps(algorithm: Algorithm, state: State, size: Size, at: number): Step[] {
  const writer = state.writers[at]!;
  const to = (name: string, changed: Partial<Writer>, more: Partial<State> = {}): Step => ({
    name: `writer ${at + 1} ${name}`,
    state: { ...state, ...more, writers: put(state.writers, at, { ...writer, ...changed }) },
  });
  const id = state.lastId + 1;
  const room = writer.rows.length + writer.drawn.length < size.rows;
  // Writers do alike: they begin in the order of their numbers.
  if (writer.phase === 'new' && at > 0 && state.writers[at - 1]!.phase === 'new') return [];
  if (writer.phase === 'committed' || writer.phase === 'aborted') return [];
  const steps: Step[] = [];
  if (!writer.xid) {
    if (algorithm.idBeforeXid && writer.drawn.length === 0) {
      steps.push(to(`draws id ${id} without an xid`, { phase: 'active', drawn: [id] }, { lastId: id }));
    }
    const xid = state.nextXid;
    const began = { phase: 'active' as const, xid, rows: writer.drawn, drawn: [] };
    steps.push(to(`takes xid ${xid}`, began, { nextXid: xid + 1 }));
    return steps;
  }
  if (room) {
    steps.push(to(`writes a row with id ${id}`, { rows: [...writer.rows, id] }, { lastId: id }));
    if (size.savepoints && writer.burnt === 0) {
      steps.push(to(`draws id ${id} and rolls back to a savepoint`, { burnt: 1 }, { lastId: id }));
    }
  }
  const completed = Math.max(state.completed, writer.xid);
  if (writer.rows.length > 0) steps.push(to('commits', { phase: 'committed' }, { completed }));
  steps.push(to('rolls back', { phase: 'aborted', rows: [] }, { completed }));
  return steps;
}

function workerSteps(algorithm: Algorithm, state: State, size: Size, at: number): Step[] {
  const worker = state.workers[at]!;
  const to = (name: string, changed: Worker, more: Partial<State> = {}): Step => ({
    name: `worker ${at + 1} ${name}`,
    state: { ...state, ...more, workers: put(state.workers, at, changed) },
  });
  const steps: Step[] = [];
  if (worker.at === 'idle') {
    if (state.ticks >= size.ticks) return [];
    return [to('reads the sequence', { at: 'read', lastId: state.lastId }, { ticks: state.ticks + 1 })];
  }
  if (worker.at === 'read') {
    const last = state.ledger.at(-1)!;
    const taken = snapshot(state);
    const ready: Worker = { at: 'snapshot', lastId: worker.lastId, last, to: taken };
    const text = `${taken.xmin}:${taken.xmax}:${taken.xip}`;
    steps.push(to(`reads generation ${last.n}, takes the snapshot ${text}`, ready));
  }
  if (worker.at === 'snapshot') {
    const xid = state.nextXid;
    const { rows, generation } = page(algorithm, state, size, worker);
    // A tick that writes nothing has no xid.
    if (!generation) steps.push(to('finds nothing', { at: 'idle' }));
    else {
      const written: Worker = { at: 'written', xid, rows, generation };
      steps.push(to(`takes xid ${xid}, writes [${rows}]`, written, { nextXid: xid + 1 }));
    }
  }
  if (worker.at === 'written') steps.push(...endings(algorithm, state, worker, to));
  if (state.crashes < size.crashes) {
    const completed = 'xid' in worker ? Math.max(state.completed, worker.xid) : state.completed;
    steps.push(to('is killed', { at: 'idle' }, { completed, crashes: state.crashes + 1 }));
  }
  return steps;
}

/** How a tick ends: its commit, or the error of who comes second. */
function endings(
  algorithm: Algorithm,
  state: State,
  { xid, rows, generation }: Extract<Worker, { at: 'written' }>,
  to: (name: string, changed: Worker, more: Partial<State>) => Step,
): Step[] {
  const completed = Math.max(state.completed, xid);
  const last = state.ledger.at(-1)!;
  if (generation.n !== last.n + 1) {
    return [to(`loses the race for generation ${generation.n}`, { at: 'idle' }, { completed })];
  }
  const twice = rows.filter((id) => state.delivered.includes(id));
  const delivered = [...state.delivered, ...rows].sort((a, b) => a - b);
  const ledger = [...state.ledger, generation];
  const broken = [
    ...(twice.length > 0 ? [`a second row for event ${twice}`] : []),
    ...(!follows(last, generation) ? [`generation ${generation.n} goes backwards`] : []),
  ];
  const mark = (step: Step): Step => (broken.length > 0 ? { ...step, broken: broken.join('; ') } : step);
  const steps = [mark(to('commits', { at: 'idle' }, { completed, delivered, ledger }))];
  if (algorithm.cursorApart) {
    // The rows are there, and the cursor does not know.
    steps.push(mark(to('commits the rows, and is killed', { at: 'idle' }, { completed, delivered })));
  }
  return steps;
}

/** Is the cursor monotone from one generation to the next? */
function follows(last: Generation, next: Generation): boolean {
  if (next.bound < last.bound) return false;
  if (!last.after) return next.from === last.to && next.to.xmax >= last.to.xmax;
  if (next.from !== last.from || next.to !== last.to) return false;
  return !next.after || later(last.after, { tx: next.after[0], id: next.after[1] });
}

/**
 * What is lost in a state: workers are killed, nobody else ends, and then one worker ticks until it is idle. Every
 * event that is committed must be delivered by then, whoever is still in flight.
 */
function lost(algorithm: Algorithm, state: State, size: Size): string | null {
  let now: State = {
    ...state,
    ticks: 0,
    crashes: size.crashes,
    workers: state.workers.map(() => ({ at: 'idle' })),
  };
  const alone = { ...size, ticks: Number.POSITIVE_INFINITY };
  for (let before = -1; now.ledger.length !== before; ) {
    before = now.ledger.length;
    do {
      const [step] = workerSteps(algorithm, now, alone, 0);
      if (step!.broken) return step!.broken;
      now = step!.state;
    } while (now.workers[0]!.at !== 'idle');
  }
  const missing = committed(now).filter(({ id }) => !now.delivered.includes(id));
  return missing.length > 0 ? `event ${missing.map(({ id }) => id)} is never delivered` : null;
}

export interface Explored {
  states: number;
  /** The shortest way to a broken invariant, step by step, the invariant last; null where there is none. */
  counterexample: string[] | null;
}

/** Visits every reachable state, breadth first, and stops at the first broken invariant. */
export function explore(algorithm: Algorithm, size: Size): Explored {
  const first = initial(size);
  const from = new Map<string, { key: string; name: string } | null>();
  const start = JSON.stringify(first);
  from.set(start, null);
  let level: Array<[string, State]> = [[start, first]];
  const way = (key: string, ...end: string[]): string[] => {
    const names: string[] = [];
    for (let at = from.get(key); at; at = from.get(at.key)) names.unshift(at.name);
    return [...names, ...end];
  };
  while (level.length > 0) {
    const next: Array<[string, State]> = [];
    for (const [key, state] of level) {
      const missing = lost(algorithm, state, size);
      if (missing) return { states: from.size, counterexample: way(key, missing) };
      const steps = [
        ...state.writers.flatMap((_, at) => writerSteps(algorithm, state, size, at)),
        ...state.workers.flatMap((_, at) => workerSteps(algorithm, state, size, at)),
      ];
      for (const step of steps) {
        if (step.broken) return { states: from.size, counterexample: way(key, step.name, step.broken) };
        const reached = JSON.stringify(step.state);
        if (from.has(reached)) continue;
        from.set(reached, { key, name: step.name });
        next.push([reached, step.state]);
      }
    }
    level = next;
  }
  return { states: from.size, counterexample: null };
}
