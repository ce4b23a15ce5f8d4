import { describe, expect, it } from 'vitest';
import {
  builtKinds,
  createRegistry,
  createReportTarget,
  type DeliveryTarget,
  dispatchDelivery,
  KINDS,
  type Outcome,
  type Request,
  seamIsFailClosed,
  UnbuiltDeliveryTarget,
} from '../../../scripts/targets/index.ts';
import { granted } from './contract.ts';

const request: Request = {
  route_code: 'law.changes',
  event_uid: '019abcde-0000-7000-8000-000000000001',
  target_kind: 'report',
  target_ref: 'file:///nowhere/x.jsonl',
  idempotency_key: 'law.changes:019abcde-0000-7000-8000-000000000001',
  safe_payload: {},
};

/** A target that does what `deliver` says. */
const target = (deliver: DeliveryTarget['deliver']): DeliveryTarget => ({
  kind: 'report',
  built: true,
  deliver,
});
const dispatch = (deliver: DeliveryTarget['deliver']): Promise<Outcome> =>
  dispatchDelivery(createRegistry([target(deliver)]), request, granted);

describe('the delivery seam', () => {
  it('is fail-closed', async () => {
    expect(await seamIsFailClosed()).toBe(true);
  });

  it('starts with a target for every kind that refuses', async () => {
    const registry = createRegistry();
    expect([...registry.keys()]).toEqual([...KINDS]);
    expect(builtKinds(registry)).toEqual([]);
    for (const kind of KINDS) {
      expect(registry.get(kind)).toBeInstanceOf(UnbuiltDeliveryTarget);
      expect(await dispatchDelivery(registry, { ...request, target_kind: kind }, granted)).toMatchObject({
        status: 'refused',
        delivered: false,
        detail: { code: 'target_not_built' },
      });
    }
  });

  it.each(['Report', 'toString', '__proto__', ''])('refuses the kind %j', async (target_kind) => {
    const registry = createRegistry([createReportTarget({ root: '/' })]);
    expect(await dispatchDelivery(registry, { ...request, target_kind }, granted)).toMatchObject({
      status: 'refused',
      detail: { code: 'unknown_kind' },
    });
  });

  it('builds report and nothing else', () => {
    expect(builtKinds(createRegistry([createReportTarget({ root: '/' })]))).toEqual(['report']);
  });

  it('an adapter that throws has failed before it may act, and is ambiguous after', async () => {
    expect(await dispatch(() => Promise.reject(new Error('out of memory')))).toMatchObject({
      status: 'failed',
      delivered: false,
      detail: { code: 'target_threw' },
    });
    const after = await dispatch(async (_, permission) => {
      await permission();
      throw new Error('socket hang up');
    });
    expect(after).toMatchObject({ status: 'ambiguous', delivered: false, detail: { code: 'target_threw' } });
  });

  it.each<[string, unknown, string]>([
    [
      'sent without having asked',
      { status: 'sent', delivered: true, detail: { code: 'x', message: 'x' } },
      'not_permitted',
    ],
    [
      'a status that does not exist',
      { status: 'done', delivered: true, detail: { code: 'x', message: 'x' } },
      'no_outcome',
    ],
    ['nothing', undefined, 'no_outcome'],
  ])('believes no adapter that says %s', async (_, outcome, code) => {
    expect(await dispatch(async () => outcome as Outcome)).toMatchObject({
      status: 'ambiguous',
      delivered: false,
      detail: { code },
    });
  });

  it('says delivered with sent only, whatever the adapter says', async () => {
    const outcome = await dispatch(async (_, permission) => {
      await permission();
      return {
        status: 'failed',
        delivered: true,
        retry_after_seconds: 1,
        detail: { code: 'x', message: 'x' },
      };
    });
    expect(outcome.delivered).toBe(false);
  });
});
