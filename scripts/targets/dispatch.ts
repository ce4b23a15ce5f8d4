import { createRegistry, type Registry } from './registry.ts';
import {
  type AskPermission,
  ambiguous,
  failed,
  KINDS,
  type Kind,
  type Outcome,
  type Permission,
  type Request,
  refused,
} from './target.ts';

/**
 * Delivers one request over the target of its kind. Never throws: an unknown kind is refused; an adapter that throws
 * has failed, or is ambiguous once it was permitted to act; one that says sent without having been permitted, or
 * returns what is no outcome, is ambiguous. `delivered` is true with `sent` only, whatever the adapter says.
 */
export async function dispatchDelivery(
  registry: Registry,
  request: Request,
  permission: AskPermission,
): Promise<Outcome> {
  const target = registry.get(request.target_kind as Kind);
  if (!target) {
    const message = `${request.target_kind} is no kind of target`;
    return refused({ code: 'unknown_kind', message, next: `one of ${KINDS.join(', ')}` });
  }
  let permitted = false;
  const ask = async (): Promise<Permission> => {
    permitted = false;
    const answer = await asked(permission);
    permitted = answer.granted;
    return answer;
  };
  let outcome: Outcome;
  try {
    outcome = await target.deliver(request, ask);
  } catch (error) {
    const message = `the target ${target.kind} threw: ${error instanceof Error ? error.message : String(error)}`;
    if (permitted) return ambiguous({ code: 'target_threw', message });
    return failed({ code: 'target_threw', message });
  }
  return sound(outcome, permitted);
}

async function asked(permission: AskPermission): Promise<Permission> {
  try {
    const answer = await permission();
    if (answer?.granted === true) return { granted: true };
    return answer?.granted === false ? answer : unknown('the answer is none');
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

const unknown = (why: string): Permission => ({
  granted: false,
  code: 'permission_unknown',
  message: `gate and fence could not be read: ${why}`,
});

const STATUSES = ['sent', 'failed', 'ambiguous', 'skipped', 'refused'];

function sound(outcome: Outcome, permitted: boolean): Outcome {
  if (!STATUSES.includes(outcome?.status) || typeof outcome.detail?.code !== 'string') {
    return ambiguous({ code: 'no_outcome', message: 'the target returned something that is no outcome' });
  }
  if (outcome.status === 'sent' && !permitted) {
    const message = 'the target says sent, and had no permission to act';
    return ambiguous({ code: 'not_permitted', message });
  }
  return { ...outcome, delivered: outcome.status === 'sent' };
}

/** Is nothing ever sent where no adapter is registered? Asks every kind, and one that does not exist. */
export async function seamIsFailClosed(): Promise<boolean> {
  const registry = createRegistry();
  for (const target_kind of [...KINDS, 'no such kind']) {
    const request: Request = {
      route_code: 'seam.check',
      event_uid: '00000000-0000-7000-8000-000000000000',
      target_kind,
      target_ref: 'file:///dev/null',
      idempotency_key: 'seam.check',
      safe_payload: {},
    };
    const outcome = await dispatchDelivery(registry, request, async () => ({ granted: true }));
    if (outcome.status !== 'refused' || outcome.delivered) return false;
  }
  return true;
}
