import { Argument, InvalidArgumentError, Option } from 'commander';
import { assertWritable, connect } from '../postgres/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { createRegistry, createReportTarget } from '../targets/index.ts';
import {
  closed,
  type Delivered,
  type Dispatcher,
  deliverPending,
  describe,
  health,
  prometheus,
  type Runner,
  readFence,
  standstill,
  tick,
  unhealthy,
  watch,
} from '../worker/index.ts';
import { type Connection, open, uuid, wholeNumber } from './connection.ts';
import { refusal } from './refusal.ts';
import type { Context, Verb } from './verb.ts';

const ACTIONS = ['run', 'watch', 'health', 'metrics', 'replay', 'resolve', 'rebaseline'] as const;
type Action = (typeof ACTIONS)[number];

/** How many deliveries a dispatcher claims at once: they are free again a minute after. */
const CLAIM = 100;

export const worker: Verb = {
  name: 'worker',
  summary: 'route events and deliver them (run, watch), say how the worker is, settle what it could not do',
  configure: (command) =>
    void command
      .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
      .argument('[id]', 'with replay and resolve: the dead letter or the conflict', uuid)
      .option('--worker <name>', 'which worker', 'iu_outbound_default')
      .option('--limit <events>', 'events per page, 1 to 10000 (default: as registered)', wholeNumber)
      .option('--interval <seconds>', 'watch: how long it waits at most before it looks again', seconds, 1)
      .addOption(
        new Option('--reports <dir>', 'deliver reports, to files below this folder').env('IU_REPORT_DIR'),
      )
      .option('--fence-file <file>', 'the fence (default: IU_DEPLOYMENT_ID and IU_FENCE_TOKEN)')
      .option('--because <reason>', 'why; it is recorded')
      .option('--actor <name>', 'in whose name (default: the login)')
      .addOption(new Option('--continue', 'rebaseline: the same data, moved').conflicts('fresh'))
      .option('--fresh', 'rebaseline: a copy; what is in the outbox now is left alone'),
  async run(context, options, [action, id]): Promise<Outcome> {
    const given = { ...options, id } as Given;
    return RUN[action as Action](context, given);
  },
};

interface Given {
  worker: string;
  limit?: number;
  interval: number;
  reports?: string;
  fenceFile?: string;
  because?: string;
  actor?: string;
  continue?: boolean;
  fresh?: boolean;
  id?: string;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.001 || value > 3600) {
    throw new InvalidArgumentError('seconds from 0.001 to 3600 are expected.');
  }
  return value;
}

const RUN: Record<Action, (context: Context, given: Given) => Promise<Outcome>> = {
  run: runOnce,
  watch: keepRunning,
  health: sayHealth,
  metrics: printMetrics,
  replay: (context, given) => settle(context, given, 'replay'),
  resolve: (context, given) => settle(context, given, 'resolve'),
  rebaseline,
};

/** What the governed functions refuse, with the step for a worker where there is a better one. */
const told = (error: unknown, { identity }: Connection, role: string): unknown =>
  refusal(error, identity.user, role, {
    IU053: 'select * from public.v_iu_route_dead_letter_open shows the ids',
    IU054: 'apply runtime/060, which registers the worker; or name another with --worker',
  });

/** Both, or nothing is delivered from here: a fence without a folder is for the database's own deliveries. */
function dispatcherOf({ worker, reports }: Given, fence: string | null): Dispatcher | null {
  if (!fence || !reports) return null;
  const registry = createRegistry([createReportTarget({ root: reports })]);
  return { worker, fence, registry, limit: CLAIM };
}

const runnerOf = ({ worker, limit }: Given, fence: string | null): Runner => ({
  worker,
  limit: limit ?? null,
  fence,
});

async function runOnce(context: Context, given: Given): Promise<Outcome> {
  const fence = await readFence(given.fenceFile, process.env);
  const connection = await open(context, 'worker run');
  assertWritable(connection.identity);
  const { client } = connection;
  const findings: Finding[] = [];
  try {
    const ran = await tick(client, runnerOf(given, fence));
    const still = standstill(ran, given.worker);
    if (still) {
      findings.push({ code: ran.status, ...still });
      return { verdict: 'refused', exit: EXIT.refused, items: [{ ...ran, delivered: null }], findings };
    }
    const dispatcher = dispatcherOf(given, fence);
    let delivered: Delivered | null = null;
    try {
      if (dispatcher) delivered = await deliverPending(client, dispatcher);
    } catch (error) {
      const why = closed(error);
      if (why === null) throw error;
      // A closed delivery gate is how it is meant to be until somebody opens it; another fence never is.
      if ((error as { code: string }).code === 'IU051') throw error;
      context.progress.line(`delivering nothing: ${why}`);
    }
    const said = describe(ran, delivered) ?? (ran.status === 'busy' ? BUSY : 'nothing to do');
    context.progress.line(`  ${said}`);
    if (delivered?.problem) findings.push(problemOf(delivered));
    const exit = findings.length > 0 ? EXIT.finding : EXIT.clean;
    return { verdict: ran.status, exit, items: [{ ...ran, delivered }], findings };
  } catch (error) {
    throw told(error, connection, 'iu_worker');
  }
}

const BUSY = 'another run of this worker is at work: nothing was done here';

function problemOf({ problem, not_sent, withheld }: Delivered): Finding {
  const { route_code, message, next } = problem!;
  const text = `${not_sent + withheld} deliveries were not sent; the latest: ${message}`;
  return { code: 'not_sent', message: text, object: route_code, ...(next ? { next } : {}) };
}

async function keepRunning(context: Context, given: Given): Promise<Outcome> {
  const fence = await readFence(given.fenceFile, process.env);
  const stop = context.untilSignal();
  const connection = await open(context, 'worker watch');
  assertWritable(connection.identity);
  const say = (line: string) => context.progress.line(`${new Date().toISOString()}  ${line}`);
  const { url } = connection.target;
  let first: Connection['client'] | null = connection.client;
  const next = async () => {
    const client = first ?? (await connect(url, { application_name: 'iu worker watch' }));
    first = null;
    return client;
  };
  const dispatcher = dispatcherOf(given, fence);
  say(`watching for ${given.worker}${dispatcher ? `, delivering reports below ${given.reports}` : ''}`);
  try {
    const totals = await watch({
      ...runnerOf(given, fence),
      connect: next,
      dispatcher,
      intervalMs: given.interval * 1000,
      say,
      stop,
    });
    return { verdict: 'stopped', exit: EXIT.clean, items: [{ ...totals }], findings: [] };
  } catch (error) {
    throw told(error, connection, 'iu_worker');
  }
}

async function found(context: Context, given: Given) {
  const connection = await open(context, 'worker');
  return health(connection.client, given.worker).catch((error: unknown) => {
    throw told(error, connection, 'context_pack_readonly');
  });
}

async function sayHealth(context: Context, given: Given): Promise<Outcome> {
  const now = await found(context, given);
  const { generation, behind, lag_seconds, pending, dead_letters, last_run_at } = now;
  context.progress.line(
    `  ${now.worker}: generation ${generation}, last run ${last_run_at ?? 'never'} · ${behind} events behind, ` +
      `${lag_seconds} s · ${pending} pending · ${dead_letters} dead letters`,
  );
  const findings = unhealthy(now);
  const [verdict, exit] = now.healthy
    ? (['healthy', EXIT.clean] as const)
    : (['not healthy', EXIT.finding] as const);
  return { verdict, exit, items: [{ ...now }], findings };
}

/** For a scraper: exit 0 whatever the health is, as that is in the metrics. */
async function printMetrics(context: Context, given: Given): Promise<Outcome> {
  const now = await found(context, given);
  return { verdict: 'printed', exit: EXIT.clean, items: [{ ...now }], findings: [], print: prometheus(now) };
}

function needed(given: Given, action: string, missing: string | null): void {
  if (!missing && given.because) return;
  throw new IuError('usage', {
    code: 'usage',
    message: `worker ${action} needs ${missing ?? '--because "…"'}`,
    next: `npm run iu -- worker ${action} ${missing ?? ''}${missing ? ' ' : ''}--because "why"`,
  });
}

/** What fn_iu_route_dead_letter_replay and fn_iu_route_worker_resolve return. */
interface Settled {
  status: string;
  resolved?: boolean;
  kind?: string;
  attempt_no?: number;
  detail?: Record<string, unknown>;
}

const UNSETTLED = ['failed', 'refused', 'skipped'];

async function settle(context: Context, given: Given, action: 'replay' | 'resolve'): Promise<Outcome> {
  needed(given, action, given.id ? null : 'ID');
  const fence = await readFence(given.fenceFile, process.env);
  const connection = await open(context, 'worker');
  assertWritable(connection.identity);
  const actor = given.actor ?? connection.identity.session_user;
  const [text, values] =
    action === 'replay'
      ? ['select public.fn_iu_route_dead_letter_replay($1, $2, $3, $4) as settled', [fence]]
      : ['select public.fn_iu_route_worker_resolve($1, $2, $3) as settled', []];
  const settled = await connection.client
    .query<{ settled: Settled }>(text as string, [given.id, actor, given.because, ...(values as unknown[])])
    .then(
      ({ rows }) => rows[0]!.settled,
      (error: unknown) => {
        throw told(error, connection, 'iu_operator');
      },
    );
  const item = { id: given.id!, ...settled };
  context.progress.line(`  ${given.id}: ${SETTLED[settled.status] ?? settled.status}`);
  if (!UNSETTLED.includes(settled.status)) {
    return { verdict: settled.status.replace('_', ' '), exit: EXIT.clean, items: [item], findings: [] };
  }
  const why = settled.detail?.error ?? settled.detail?.reason ?? settled.status;
  const finding = {
    code: `replay_${settled.status}`,
    message: `the dead letter stays open: ${settled.status} (${why})`,
    object: given.id,
    next: 'mend what it says, then replay it again; or npm run iu -- worker resolve ID --because "…"',
  };
  const exit = settled.status === 'refused' ? EXIT.refused : EXIT.finding;
  return { verdict: settled.status, exit, items: [item], findings: [finding] };
}

const SETTLED: Record<string, string> = {
  dry_run: 'its route is a dry run: recorded as it would be sent, and settled',
  sent: 'sent, and settled',
  requeued: 'queued again for the dispatcher; it is settled when that has sent it',
  resolved: 'closed; nothing is delivered',
  already_resolved: 'was settled already; nothing was written',
};

async function rebaseline(context: Context, given: Given): Promise<Outcome> {
  const mode = given.continue ? 'continue' : given.fresh ? 'fresh' : null;
  needed(given, 'rebaseline', mode ? null : '--continue or --fresh');
  const connection = await open(context, 'worker');
  assertWritable(connection.identity);
  const actor = given.actor ?? connection.identity.session_user;
  try {
    const { rows } = await connection.client.query<{ moved: Record<string, unknown> }>(
      'select public.fn_iu_route_worker_rebaseline($1, $2, $3, $4) as moved',
      [given.worker, mode, actor, given.because],
    );
    const { moved } = rows[0]!;
    context.progress.line(
      `  ${given.worker} goes on from generation ${moved.generation}: ${
        mode === 'fresh' ? 'what is in the outbox now is left alone' : 'from where it was'
      }`,
    );
    return { verdict: 'rebaselined', exit: EXIT.clean, items: [moved], findings: [] };
  } catch (error) {
    throw told(error, connection, 'iu_operator');
  }
}
