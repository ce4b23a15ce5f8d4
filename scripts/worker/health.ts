import type pg from 'pg';
import type { Finding } from '../report/index.ts';

/** What fn_iu_route_worker_health returns. */
export interface Health {
  worker: string;
  healthy: boolean;
  reasons: string[];
  master_gate_open: boolean;
  worker_gate_open: boolean;
  registered: boolean;
  inert: boolean;
  generation: number;
  last_run_at: string | null;
  behind: number;
  behind_is_more: boolean;
  lag_seconds: number;
  dead_letters: number;
  conflicts: number;
  retries_due: number;
  pending: number;
  id_bound: number;
  limits: Record<string, number> | null;
  copy: Record<string, unknown> | null;
}

/** How a worker is, as the database judges it; takes no lock. */
export async function health(client: pg.Client, worker: string): Promise<Health> {
  const { rows } = await client.query<{ health: Health }>(
    'select public.fn_iu_route_worker_health($1) as health',
    [worker],
  );
  return rows[0]!.health;
}

/** One finding for each reason why a worker is not healthy, each with what mends it. */
export function unhealthy(found: Health): Finding[] {
  return found.reasons.map((reason): Finding => {
    const [message, next] = REASONS[reason]?.(found) ?? [`not healthy: ${reason}`, undefined];
    return { code: `worker_${reason}`, message, object: found.worker, ...(next ? { next } : {}) };
  });
}

const opening = (gate: string): string => `npm run iu -- gate open ${gate} --because "…"`;
const WATCH = 'npm run iu -- worker watch';

const REASONS: Record<string, (found: Health) => [message: string, next: string]> = {
  master_gate_closed: () => [
    'the master gate is closed: no event is recorded or routed',
    opening('iu_core.routes_master_enabled'),
  ],
  worker_gate_closed: () => [
    'the worker gate is closed: no event is routed',
    opening('iu_core.route_worker_enabled'),
  ],
  not_registered: ({ worker }) => [`no worker is named ${worker}`, 'apply runtime/060, which registers it'],
  inert: () => ['it is registered and inert: it routes nothing', 'apply runtime/090, which enables it'],
  copy_refused: ({ copy }) => [
    `the database is not the one it last ran in (${copy?.reason}): it may be a copy`,
    'npm run iu -- worker rebaseline --fresh --because "…" for a copy, after its fence is changed; --continue ' +
      'after a failover or pg_upgrade',
  ],
  never_ran: () => ['it has never run', `${WATCH}, or have a scheduler run npm run iu -- worker run`],
  behind: ({ behind, behind_is_more, limits }) => [
    `${behind_is_more ? 'at least ' : ''}${behind} events wait, and ${limits?.max_behind} may`,
    `${WATCH} works them off`,
  ],
  lag: ({ lag_seconds, limits }) => [
    `the oldest event waits for ${lag_seconds} s, and ${limits?.max_lag_seconds} s are allowed`,
    `${WATCH} works them off`,
  ],
  stale: ({ last_run_at, limits }) => [
    `events wait, and no run came for longer than its interval of ${limits?.interval_seconds} s (the latest that ` +
      `found something: ${last_run_at})`,
    `look whether somebody runs it: ${WATCH}`,
  ],
  dead_letters: ({ dead_letters, limits }) => [
    `${dead_letters} dead letters are open, and ${limits?.max_dead_letters} may`,
    'select * from public.v_iu_route_dead_letter_open; then npm run iu -- worker replay ID --because "…", or resolve',
  ],
  conflicts: ({ conflicts }) => [
    `${conflicts} deliveries were there already when it came to their event`,
    'look into public.iu_route_conflict, then npm run iu -- worker resolve ID --because "…"',
  ],
  retries_due: ({ retries_due, limits }) => [
    `${retries_due} retries are due and nobody makes them, and ${limits?.max_retries_due} may`,
    `${WATCH} with the fence and --reports makes them`,
  ],
};
