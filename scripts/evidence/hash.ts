import { createHash } from 'node:crypto';
import type { Event } from './ledger.ts';

const text = (value: string | number | null): string | null => (value === null ? null : String(value));

/** The hash iu_ledger.fn_event_hash gives this event, recomputed without PostgreSQL (docs/FORMATS.md). */
export function eventHash(event: Event): string {
  const fields = [
    event.seq,
    event.at,
    event.run_id,
    event.kind,
    event.file,
    event.outcome,
    event.actor,
    event.server,
    event.forward_sha256,
    event.forward_digest,
    event.rollback_sha256,
    event.rollback_digest,
    event.verify_sha256,
    event.verify_digest,
    event.statements,
    event.milliseconds,
    event.seal,
    event.detail,
    event.previous_hash,
  ].map(text);
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** The first event of a chain that does not add up, or null. Does not see a chain cut off at its end. */
export function firstBrokenEvent(chain: Event[]): { seq: number; problem: string } | null {
  let previous: string | null = null;
  for (const [index, event] of chain.entries()) {
    if (event.seq !== index + 1) return { seq: event.seq, problem: 'an event is missing before this one' };
    if (event.previous_hash !== previous) {
      return { seq: event.seq, problem: 'the event before is not the one it was written after' };
    }
    if (event.hash !== eventHash(event)) return { seq: event.seq, problem: 'the event was changed' };
    previous = event.hash;
  }
  return null;
}
