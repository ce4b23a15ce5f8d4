/** What a route delivers to: the vocabulary of `iu_outbound_route.target_kind` (a test compares them). */
export const KINDS = [
  'sql_function',
  'workflow',
  'vector',
  'report',
  'directus_flow',
  'external_endpoint',
] as const;

export type Kind = (typeof KINDS)[number];

/** One event for one route. */
export interface Request {
  route_code: string;
  event_uid: string;
  target_kind: string;
  /** Where exactly: a URI, read by the target of that kind. */
  target_ref: string;
  /** The same at every attempt to deliver this event over this route. */
  idempotency_key: string;
  /** A JSON object: what may leave the database. */
  safe_payload: Record<string, unknown>;
}

/** `sent` is the only one that says delivered. */
export type Status = 'sent' | 'failed' | 'ambiguous' | 'skipped' | 'refused';

/**
 * What became of a request.
 *
 * - `sent`: it is there, as durable as the target makes it (`detail.durable` says).
 * - `failed`: nothing of it is there; another attempt may work.
 * - `ambiguous`: it may be there or not; another attempt may deliver it a second time, under the same key.
 * - `skipped`: there was nothing to do.
 * - `refused`: it was not tried, and another attempt meets the same refusal until somebody changes something.
 */
export interface Outcome {
  status: Status;
  delivered: boolean;
  /** With `failed`: the target asked for that many seconds. Without it the route's policy says when. */
  retry_after_seconds?: number;
  detail: Detail;
}

export interface Detail {
  /** snake_case, stable. */
  code: string;
  message: string;
  /** The step that mends it. */
  next?: string;
  [more: string]: unknown;
}

/** What was asked just before the side effect: the delivery gate and the fence, read again. */
export type Permission = { granted: true } | { granted: false; code: string; message: string; next?: string };

/** Asks whether the side effect may happen now. What it throws counts as a no. */
export type AskPermission = () => Promise<Permission>;

/**
 * The seam: one adapter for one kind. It is built when it passes test/harness/targets/contract.ts.
 *
 * `deliver` asks `permission` once, as the last thing before its side effect, and has no side effect where that is
 * not granted. It resolves to an outcome for whatever goes wrong; what it throws all the same is taken as `failed`
 * before it asked and as `ambiguous` after. It does not promise exactly once.
 */
export interface DeliveryTarget {
  readonly kind: Kind;
  readonly built: boolean;
  deliver(request: Request, permission: AskPermission): Promise<Outcome>;
}

export const sent = (detail: Detail): Outcome => ({ status: 'sent', delivered: true, detail });

export const failed = (detail: Detail, retryAfterSeconds?: number): Outcome => ({
  status: 'failed',
  delivered: false,
  ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
  detail,
});

export const ambiguous = (detail: Detail): Outcome => ({ status: 'ambiguous', delivered: false, detail });

export const refused = (detail: Detail): Outcome => ({ status: 'refused', delivered: false, detail });

/** The outcome of a permission that was not given. */
export function notPermitted(permission: Permission): Outcome | null {
  if (permission.granted) return null;
  const { code, message, next } = permission;
  return refused({ code, message, ...(next ? { next } : {}) });
}
