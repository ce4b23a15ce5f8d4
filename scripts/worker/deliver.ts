import type pg from 'pg';
import { dispatchDelivery, type Outcome, type Registry, type Request } from '../targets/index.ts';
import { sqlFile } from './sql-file.ts';

/** What the dispatcher works with. */
export interface Dispatcher {
  worker: string;
  /** `<deployment id>:<token>`. */
  fence: string;
  registry: Registry;
  /** How many deliveries are claimed at once, 1 to 1000. */
  limit: number;
}

/** What became of one page of pending deliveries, in numbers. */
export interface Delivered {
  claimed: number;
  sent: number;
  /** Recorded as anything but sent. */
  not_sent: number;
  /** Withheld by gate, fence, route or a lost claim just before the side effect: not recorded, still pending. */
  withheld: number;
  dead_lettered: number;
  /** The latest that was not sent or withheld: the route, and why. */
  problem: { route_code: string; code: string; message: string; next?: string } | null;
}

/** A row of fn_iu_route_claim_pending. */
interface Claimed {
  event_id: string;
  route_code: string;
  attempt_no: number;
  event_uid: string;
  target_kind: string;
  target_ref: string;
  idempotency_key: string;
  safe_payload: string;
  claim_token: string;
}

/** Refusals that concern whatever is delivered: the rest of the page would meet them too. */
const GENERAL = /_gate_closed$|^fence_mismatch$|^claim_lost$|^permission_unknown$/;

/**
 * Delivers one page of what is pending and live, one after the other, and records each. Whether it may, when it is
 * due again and when it is a dead letter say the functions; gate, fence and claim are read again just before each
 * side effect. At least once: what was delivered and could not be recorded any more (a lost connection, a kill) comes
 * again when its claim has run out. Throws what the functions refuse (a closed gate, another fence) and a lost
 * connection. `stop` ends it after the delivery under way; what was claimed beyond it is free again with its claim.
 */
export async function deliverPending(
  client: pg.Client,
  dispatcher: Dispatcher,
  stop?: AbortSignal,
): Promise<Delivered> {
  const { worker, fence, registry, limit } = dispatcher;
  const { rows } = await client.query<Claimed>(await sqlFile('deliver.sql'), [worker, limit, fence]);
  const done: Delivered = {
    claimed: rows.length,
    sent: 0,
    not_sent: 0,
    withheld: 0,
    dead_lettered: 0,
    problem: null,
  };
  for (const row of rows) {
    if (stop?.aborted) break;
    const started = new Date();
    const { outcome, withheld } = await deliverOne(client, registry, row, fence);
    const { code, message, next } = outcome.detail;
    if (outcome.status !== 'sent') {
      done.problem = { route_code: row.route_code, code, message, ...(next ? { next } : {}) };
    }
    if (withheld) {
      done.withheld += 1;
      if (GENERAL.test(code)) break;
      continue;
    }
    const settled = await record(client, row, outcome, fence, started);
    done[outcome.status === 'sent' ? 'sent' : 'not_sent'] += 1;
    if (settled.outcome === 'dead_letter') done.dead_lettered += 1;
  }
  return done;
}

async function deliverOne(
  client: pg.Client,
  registry: Registry,
  row: Claimed,
  fence: string,
): Promise<{ outcome: Outcome; withheld: boolean }> {
  const { route_code, event_uid, target_kind, target_ref, idempotency_key } = row;
  const request: Request = {
    route_code,
    event_uid,
    target_kind,
    target_ref,
    idempotency_key,
    safe_payload: parseExactly(row.safe_payload),
  };
  let withheld = false;
  const outcome = await dispatchDelivery(registry, request, async () => {
    withheld = true;
    const { rows } = await client.query<{ refusal: string | null }>(
      'select public.fn_iu_route_may_deliver($1, $2, $3, $4) as refusal',
      [row.event_id, row.route_code, row.claim_token, fence],
    );
    const refusal = rows[0]!.refusal;
    if (refusal === null) {
      withheld = false;
      return { granted: true };
    }
    return { granted: false, code: refusal, message: `withheld just before it was sent: ${refusal}` };
  });
  return { outcome, withheld };
}

/** What fn_iu_route_record_attempt returns. */
interface Settled {
  status: string;
  attempt_no: number;
  outcome: 'done' | 'retry' | 'dead_letter';
}

async function record(
  client: pg.Client,
  row: Claimed,
  outcome: Outcome,
  fence: string,
  started: Date,
): Promise<Settled> {
  const { message, ...rest } = outcome.detail;
  // The dead letter shows `error` where there is one.
  const detail = outcome.status === 'sent' ? outcome.detail : { ...rest, error: message };
  const after = outcome.retry_after_seconds;
  const retryAt = after === undefined ? null : new Date(Date.now() + after * 1000);
  const { rows } = await client.query<{ settled: Settled }>(
    'select public.fn_iu_route_record_attempt($1, $2, $3, $4, $5, $6, $7, $8) as settled',
    [
      row.event_id,
      row.route_code,
      outcome.status,
      JSON.stringify(detail),
      retryAt,
      row.claim_token,
      fence,
      started,
    ],
  );
  return rows[0]!.settled;
}

/** JSON.parse, and a number that JavaScript cannot hold keeps its text: JSON.stringify writes it again as it was. */
export function parseExactly(text: string): Record<string, unknown> {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.parse(text, ((_: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' && String(value) !== context.source ? rawJSON(context.source!) : value) as (
    this: unknown,
    key: string,
    value: unknown,
  ) => unknown);
}
