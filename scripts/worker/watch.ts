import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectionLost } from '../postgres/index.ts';
import { duration, IuError } from '../report/index.ts';
import { type Delivered, type Dispatcher, deliverPending } from './deliver.ts';
import { describeTick, type Runner, standstill, type Tick, tick } from './tick.ts';

/** The channel that a run which saw events notifies, with the worker's name. */
export const CHANNEL = 'iu_route_worker';

export interface Watch extends Runner {
  /** Opens a connection: the first one, and another whenever one is lost. */
  connect(): Promise<pg.Client>;
  /** Null: nothing is delivered from here, the runs only. */
  dispatcher: Dispatcher | null;
  /** How long an idle worker waits at most before it looks again, in milliseconds. */
  intervalMs: number;
  /** A line for people. */
  say(line: string): void;
  /** Ends it after the page under way. */
  stop: AbortSignal;
}

/** What a watch has done, in numbers. */
export interface Totals {
  runs: number;
  generations: number;
  seen: number;
  deliveries: number;
  sent: number;
  not_sent: number;
  reconnects: number;
}

/** A busy worker gathers events for that long, so that a page is not one event. */
const BUSY_MS = 2;
const BACKOFF_MS = { first: 100, most: 5_000 };

/**
 * Runs the worker until `stop`: at once while there is something, else at the latest after the interval, or when
 * another run notifies. Polling is the truth; a lost notification costs an interval. A lost connection is said and
 * made again with growing pauses; so is a run that failed through nobody's fault (a deadlock, a full disk). While
 * gates are closed, or the worker is inert or a copy, it waits and says so once. Throws what else goes wrong.
 */
export async function watch(options: Watch): Promise<Totals> {
  const totals: Totals = {
    runs: 0,
    generations: 0,
    seen: 0,
    deliveries: 0,
    sent: 0,
    not_sent: 0,
    reconnects: 0,
  };
  const said = new Map<string, string>();
  /** Says what is new; what stands still is said once. */
  const once = (about: string, line: string | null) => {
    if (line !== null && said.get(about) !== line) options.say(line);
    if (line === null) said.delete(about);
    else said.set(about, line);
  };
  let client = await options.connect();
  let pause = BACKOFF_MS.first;
  while (!options.stop.aborted) {
    try {
      await listenAndRun(client, options, totals, once, () => {
        pause = BACKOFF_MS.first;
      });
    } catch (error) {
      const why = passing(error);
      if (why === null) throw error;
      options.say(`${why}; trying again`);
      await client.end().catch(() => {});
      const next = await again(options, totals, pause);
      if (next === null) return totals;
      client = next;
      pause = Math.min(pause * 2, BACKOFF_MS.most);
    }
  }
  await client.end().catch(() => {});
  return totals;
}

/** Runs on one connection until `stop`; throws when that is lost. */
async function listenAndRun(
  client: pg.Client,
  options: Watch,
  totals: Totals,
  once: (about: string, line: string | null) => void,
  wentWell: () => void,
): Promise<void> {
  const bell = doorbell(client, options.worker);
  await client.query(`listen ${CHANNEL}`);
  let pause = BUSY_MS;
  while (!options.stop.aborted) {
    const ran = await tick(client, options);
    totals.runs += 1;
    const delivered = options.dispatcher ? await delivering(client, options, once) : null;
    wentWell();
    const still = standstill(ran, options.worker);
    once('run', still && `waiting: ${still.message}\n  next: ${still.next}`);
    count(totals, ran, delivered);
    const line = describe(ran, delivered);
    if (line) options.say(line);
    if (ran.more || (delivered && delivered.claimed === options.dispatcher!.limit)) continue;
    pause = line || ran.status === 'busy' ? BUSY_MS : Math.min(pause * 2, options.intervalMs);
    if (still) pause = options.intervalMs;
    await bell.wait(pause, options.stop);
  }
}

async function delivering(
  client: pg.Client,
  { dispatcher, stop }: Watch,
  once: (about: string, line: string | null) => void,
): Promise<Delivered | null> {
  try {
    const delivered = await deliverPending(client, dispatcher!, stop);
    once('deliver', null);
    return delivered;
  } catch (error) {
    const why = closed(error);
    if (why === null) throw error;
    once('deliver', `delivering nothing: ${why}`);
    return null;
  }
}

/** What a closed gate or another fence says of a claim; null for anything else. */
export function closed(error: unknown): string | null {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'IU010' || code === 'IU051' ? (message ?? code) : null;
}

function count(totals: Totals, ran: Tick, delivered: Delivered | null): void {
  if (ran.status === 'ran') totals.generations += 1;
  totals.seen += ran.seen ?? 0;
  totals.deliveries += ran.deliveries ?? 0;
  totals.sent += delivered?.sent ?? 0;
  totals.not_sent += delivered?.not_sent ?? 0;
}

/** One line on a tick that moved something; null for an idle one. */
export function describe(ran: Tick, delivered: Delivered | null): string | null {
  const parts = [
    ...(ran.status === 'ran' ? [describeTick(ran)] : []),
    ...(delivered && delivered.claimed > 0 ? [describeDelivered(delivered)] : []),
  ];
  return parts.length > 0 ? parts.join(' · ') : null;
}

function describeDelivered({ sent, not_sent, withheld, dead_lettered, problem }: Delivered): string {
  const parts = [
    `sent ${sent}`,
    ...(not_sent > 0 ? [`not sent ${not_sent}`] : []),
    ...(withheld > 0 ? [`withheld ${withheld}`] : []),
    ...(dead_lettered > 0 ? [`dead letters ${dead_lettered}`] : []),
  ];
  const why = problem ? ` (${problem.route_code}: ${problem.message})` : '';
  return `${parts.join(' · ')}${why}`;
}

/** Wakes on the notification of another session for this worker, on the end of the connection, or by the clock. */
function doorbell(client: pg.Client, worker: string) {
  let rung = false;
  let wake = () => {};
  const ring = () => {
    rung = true;
    wake();
  };
  const own = (client as unknown as { processID: number }).processID;
  client.on('notification', ({ payload, processId }) => {
    if (processId !== own && payload === worker) ring();
  });
  client.once('end', ring);
  return {
    async wait(ms: number, stop: AbortSignal): Promise<void> {
      if (!rung && !stop.aborted) {
        const bell = new AbortController();
        wake = () => bell.abort();
        await sleep(ms, undefined, { signal: AbortSignal.any([bell.signal, stop]) }).catch(() => {});
        wake = () => {};
      }
      rung = false;
    },
  };
}

/** The classes of errors that are nobody's fault: the next run does it again. */
const PASSING = /^(40|53|55|57|58|XX)/;

function passing(error: unknown): string | null {
  const lost = connectionLost(error);
  if (lost) return lost.message;
  const { code, severity, message } = error as { code?: string; severity?: string; message?: string };
  if (typeof severity === 'string' && PASSING.test(code ?? '')) return `the run failed: ${message} (${code})`;
  return null;
}

/** Codes of a connection that may be made later. */
const LATER = ['unreachable', 'not_ready', 'too_many_connections', 'connection_failed'];

/** Another connection, however long it takes; null when it is to stop. */
async function again(options: Watch, totals: Totals, first: number): Promise<pg.Client | null> {
  const started = performance.now();
  for (let pause = first, tries = 1; ; pause = Math.min(pause * 2, BACKOFF_MS.most), tries += 1) {
    await sleep(pause, undefined, { signal: options.stop }).catch(() => {});
    if (options.stop.aborted) return null;
    try {
      const client = await options.connect();
      totals.reconnects += 1;
      options.say(`connected again after ${duration(performance.now() - started)} (${tries} tries)`);
      return client;
    } catch (error) {
      const [finding] = error instanceof IuError ? error.findings : [];
      if (!finding || !LATER.includes(finding.code)) throw error;
      if (tries === 1) options.say(`${finding.message} Trying again.`);
    }
  }
}
