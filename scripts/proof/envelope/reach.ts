import type pg from 'pg';
import { withPinned } from '../pinned.ts';
import { askTagged, mapped, sql } from './queries.ts';

/** What the probe's login could do outside of the probe's transaction. */
export interface Reach {
  /** In words: `superuser`, `functions of extension dblink` … Empty: nothing known. */
  ways: string[];
  /** Whether one of them can commit something on its own. */
  commits: boolean;
  mayReplicate: boolean;
  maySignal: boolean;
  mayTrack: boolean;
}

/**
 * Asks what `client`'s login, or any role it can become, may use that reaches out of a transaction. It knows
 * the ways that ship with PostgreSQL (and a few extensions by name); C functions of other extensions can do
 * anything and are not judged.
 */
export async function reachOf(client: pg.ClientBase): Promise<Reach> {
  const answers = await withPinned(client, (ask) => askTagged(ask, sql('reach')));
  const ways = mapped(answers, 'reach');
  const may = mapped(answers, 'may');
  return {
    ways: [...ways.keys()],
    commits: [...ways.values()].includes('true'),
    mayReplicate: may.get('replicate') === 'true',
    maySignal: may.get('signal') === 'true',
    mayTrack: may.get('track') === 'true',
  };
}
