import { describe, expect, it } from 'vitest';
import {
  type AskPermission,
  createRegistry,
  type DeliveryTarget,
  dispatchDelivery,
  type Outcome,
  type Request,
} from '../../../scripts/targets/index.ts';

/** What the suite needs of an adapter's other side; one per test. */
export interface Bench {
  target: DeliveryTarget;
  /** A target_ref that works. */
  ref: string;
  /** What arrived there so far, in order. */
  arrived(): Promise<Arrived[]>;
  /** Makes the other side unreachable: nothing may arrive any more, until mended. */
  breakIt(): Promise<void>;
  mend(): Promise<void>;
}

export interface Arrived {
  event_uid: string;
  idempotency_key: string;
  safe_payload: Record<string, unknown>;
}

export const granted: AskPermission = async () => ({ granted: true });

let made = 0;

/** A request that no other test makes. */
export function requestFor(bench: Bench, more: Partial<Request> = {}): Request {
  made += 1;
  return {
    route_code: 'contract.route',
    event_uid: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    target_kind: bench.target.kind,
    target_ref: bench.ref,
    idempotency_key: `contract.route:${made}`,
    safe_payload: { article: made },
    ...more,
  };
}

/**
 * What every adapter of the delivery seam promises, over whatever it delivers to. A kind is built when its adapter
 * passes: `deliveryContract('report', makeBench)` in a test file of its own. Nothing in it sleeps.
 */
export function deliveryContract(name: string, makeBench: () => Promise<Bench>): void {
  describe(`the delivery contract: ${name}`, () => {
    const deliver = (bench: Bench, request: Request, permission: AskPermission = granted) =>
      dispatchDelivery(createRegistry([bench.target]), request, permission);

    it('says sent only when it is there, once, as it was given', async () => {
      const bench = await makeBench();
      const request = requestFor(bench);
      expect(await deliver(bench, request)).toMatchObject({ status: 'sent', delivered: true });
      expect(await bench.arrived()).toEqual([
        {
          event_uid: request.event_uid,
          idempotency_key: request.idempotency_key,
          safe_payload: request.safe_payload,
        },
      ]);
    });

    it('asks for permission once, and has no side effect before it is given', async () => {
      const bench = await makeBench();
      const before: Arrived[][] = [];
      await deliver(bench, requestFor(bench), async () => {
        before.push(await bench.arrived());
        return { granted: true };
      });
      expect(before).toEqual([[]]);
      expect(await bench.arrived()).toHaveLength(1);
    });

    it.each<[string, AskPermission, string]>([
      [
        'the gate closes',
        async () => ({ granted: false, code: 'gate_closed', message: 'the delivery gate is closed' }),
        'gate_closed',
      ],
      [
        'the gate cannot be read',
        () => Promise.reject(new Error('connection terminated')),
        'permission_unknown',
      ],
      ['the answer is no answer', async () => ({}) as never, 'permission_unknown'],
    ])('refuses, and nothing arrives, when %s just before', async (_, permission, code) => {
      const bench = await makeBench();
      const outcome = await deliver(bench, requestFor(bench), permission);
      expect(outcome).toMatchObject({ status: 'refused', delivered: false, detail: { code } });
      expect(await bench.arrived()).toEqual([]);
    });

    it('refuses a request of another kind', async () => {
      const bench = await makeBench();
      const request = { ...requestFor(bench), target_kind: 'vector' };
      const outcome = await bench.target.deliver(request, granted);
      expect(outcome).toMatchObject({ status: 'refused', delivered: false });
      expect(await bench.arrived()).toEqual([]);
    });

    it.each(['', 'nonsense', 'ftp://example.org/x', '../x', 'file://elsewhere.example/x'])(
      'refuses the target_ref %j, and says what one looks like',
      async (target_ref) => {
        const bench = await makeBench();
        const outcome = await deliver(bench, requestFor(bench, { target_ref }));
        expect(outcome).toMatchObject({ status: 'refused', delivered: false });
        expect(outcome.detail.next).toBeTruthy();
      },
    );

    it('has failed when the other side cannot be reached: says what to do, nothing arrives', async () => {
      const bench = await makeBench();
      await bench.breakIt();
      const request = requestFor(bench);
      const outcome = await deliver(bench, request);
      expect(outcome).toMatchObject({ status: 'failed', delivered: false });
      expect(outcome.retry_after_seconds ?? 1).toBeGreaterThan(0);
      expect(outcome.detail.next).toBeTruthy();
      await bench.mend();
      expect(await bench.arrived()).toEqual([]);
      expect(await deliver(bench, request)).toMatchObject({ status: 'sent' });
      expect(await bench.arrived()).toHaveLength(1);
    });

    it('is at least once: a second attempt arrives under the same key, or is known and does not arrive', async () => {
      const bench = await makeBench();
      const request = requestFor(bench);
      await deliver(bench, request);
      expect((await deliver(bench, request)).status).toMatch(/^(sent|skipped)$/);
      const keys = new Set((await bench.arrived()).map(({ idempotency_key }) => idempotency_key));
      expect([...keys]).toEqual([request.idempotency_key]);
    });

    it('carries any payload unchanged', async () => {
      const bench = await makeBench();
      const payloads = [
        {},
        { text: 'Würde – §1 “unantastbar” \u2028 \u0000 \n \r\n \\n \u{1f4dc}' },
        { nested: { list: [1, null, true, { deep: [] }] } },
        { long: 'x'.repeat(1_000_000) },
      ];
      for (const safe_payload of payloads) {
        expect(await deliver(bench, requestFor(bench, { safe_payload }))).toMatchObject({ status: 'sent' });
      }
      expect((await bench.arrived()).map(({ safe_payload }) => safe_payload)).toEqual(payloads);
    });

    it('keeps requests at the same time apart', async () => {
      const bench = await makeBench();
      const requests = Array.from({ length: 40 }, () =>
        requestFor(bench, { safe_payload: { text: 'y'.repeat(10_000) } }),
      );
      const outcomes: Outcome[] = await Promise.all(requests.map((request) => deliver(bench, request)));
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['sent']));
      const uids = (await bench.arrived()).map(({ event_uid }) => event_uid);
      expect(uids.toSorted()).toEqual(requests.map(({ event_uid }) => event_uid).toSorted());
    });
  });
}
