import type pg from 'pg';

/** What fn_iu_route_worker_run returns; the numbers are there with `ran` and `idle` only. */
export interface Tick {
  status: 'ran' | 'idle' | 'master_gate_closed' | 'worker_gate_closed' | 'busy' | 'inert' | 'copy_refused';
  generation?: string | number | null;
  seen?: number;
  deliveries?: number;
  attempts?: number;
  dead_lettered?: number;
  conflicts?: number;
  /** The page was full: there may be more. */
  more?: boolean;
  /** With copy_refused: why. */
  reason?: string;
}

/** Who runs: the worker's name, events per page (null: as registered), and the fence where there is one. */
export interface Runner {
  worker: string;
  limit: number | null;
  /** `<deployment id>:<token>`; null: routes of the kind sql_function wait. */
  fence: string | null;
}

/** One invocation of the worker. Throws what it refuses, and a lost connection: then it may have committed or not. */
export async function tick(client: pg.Client, { worker, limit, fence }: Runner): Promise<Tick> {
  const { rows } = await client.query<{ ran: Tick }>(
    'select public.fn_iu_route_worker_run($1, $2, $3) as ran',
    [worker, limit, fence],
  );
  return rows[0]!.ran;
}

/** Why nothing moved, and what moves it; null when it did, or when there was nothing to do. */
export function standstill(
  { status, reason }: Tick,
  worker: string,
): { message: string; next: string } | null {
  switch (status) {
    case 'master_gate_closed':
      return {
        message: 'the master gate iu_core.routes_master_enabled is closed: no event is routed',
        next: 'npm run iu -- gate open iu_core.routes_master_enabled --because "…"',
      };
    case 'worker_gate_closed':
      return {
        message: 'the worker gate iu_core.route_worker_enabled is closed: no event is routed',
        next: 'npm run iu -- gate open iu_core.route_worker_enabled --because "…"',
      };
    case 'inert':
      return {
        message: `the worker ${worker} is registered and inert: it routes nothing`,
        next: 'apply runtime/090, which enables it',
      };
    case 'copy_refused':
      return {
        message: `this database is not the one that ${worker} last ran in (${reason}): it may be a copy`,
        next:
          `npm run iu -- worker rebaseline --fresh --because "a copy" (change its fence first), or --continue ` +
          `after a failover or pg_upgrade`,
      };
    default:
      return null;
  }
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** One line on a run that moved something. */
export function describeTick(tick: Tick): string {
  const { generation, seen = 0, deliveries = 0, attempts = 0, dead_lettered = 0, conflicts = 0 } = tick;
  const parts = [
    `${plural(seen, 'event')} → ${deliveries === 1 ? '1 delivery' : `${deliveries} deliveries`}`,
    plural(attempts, 'attempt'),
    ...(dead_lettered > 0 ? [plural(dead_lettered, 'dead letter')] : []),
    ...(conflicts > 0 ? [plural(conflicts, 'conflict')] : []),
    ...(tick.more ? ['there is more'] : []),
  ];
  return `generation ${generation}: ${parts.join(' · ')}`;
}
