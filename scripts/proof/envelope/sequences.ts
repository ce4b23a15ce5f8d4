import type pg from 'pg';
import { type Ask, withPinned } from '../pinned.ts';
import type { Impact, OpenTransaction } from './impact.ts';
import { sql, textArray } from './queries.ts';
import { type Found, nothing } from './residue.ts';
import { changes, type State } from './state.ts';

interface Fact {
  oid: string;
  increment: bigint;
  owner: string | null;
  /** The owner and its partitions. */
  tables: string[];
}

/** What the probe is known to have used; null when it failed before that could be asked. */
type Used = Pick<OpenTransaction, 'sequences' | 'impact' | 'outside'> | null;

export interface Moved extends Found {
  /** How many ids the gaps took. */
  idsConsumed: number;
  /** Every sequence that the probe moved, declared or not. */
  names: string[];
}

/**
 * Judges the sequences that moved. The probe's are those it held nextval's lock on. One it did not use was
 * moved by somebody else, unless the probe failed or reached outside; then, with neighbours, nobody can tell.
 */
export async function movedSequences(
  client: pg.ClientBase,
  before: State,
  after: State,
  used: Used,
  alone: boolean,
): Promise<Moved> {
  const moved = changes(before.sequences, after.sequences).filter(({ from, to }) => from && to);
  const found: Moved = { ...nothing(), idsConsumed: 0, names: [] };
  if (moved.length === 0) return found;
  const facts = await withPinned(client, (ask) =>
    sequenceFacts(
      ask,
      moved.map(({ object }) => object),
    ),
  );
  for (const { object, from, to } of moved) {
    const own =
      used?.sequences.has(facts.get(object)?.oid ?? '') || (alone && (!used || used.outside.length > 0));
    if (!own && used && used.outside.length === 0) continue;
    const detail = `${from} before, ${to} after (last_value, is_called, log_cnt)`;
    if (!own) {
      found.unattributed.push({ class: 'sequence-moved', object, detail });
      continue;
    }
    if (place(from!) === place(to!)) {
      found.residues.push({ class: 'physical', object, detail: `${detail}: at the same place` });
      continue;
    }
    found.names.push(object);
    const ids = gap(facts.get(object), from!, to!, used?.impact ?? null);
    if (ids === null) found.residues.push({ class: 'sequence-moved', object, detail });
    else {
      found.idsConsumed += ids;
      const consumed = `${ids} ${ids === 1 ? 'id' : 'ids'} of ${facts.get(object)!.owner} consumed`;
      found.residues.push({ class: 'sequence-gap', object, detail: `${consumed}: ${detail}` });
    }
  }
  return found;
}

/** How many ids went, if all that happened is that ids of a table that the probe inserted into were consumed. */
function gap(fact: Fact | undefined, from: string, to: string, impact: Impact | null): number | null {
  if (!fact?.owner || !impact) return null;
  const inserted = impact.tables.some(({ table, inserted }) => fact.tables.includes(table) && inserted > 0);
  const ids = (next(to, fact.increment) - next(from, fact.increment)) / fact.increment;
  return inserted && ids > 0n ? Number(ids) : null;
}

const fields = (state: string) => state.slice(1, -1).split(',') as [string, string, string];
const place = (state: string) => fields(state).slice(0, 2).join();

/** The number that the next nextval would give. */
function next(state: string, increment: bigint): bigint {
  const [last, called] = fields(state);
  return BigInt(last) + (called === 't' ? increment : 0n);
}

async function sequenceFacts(ask: Ask, names: string[]): Promise<Map<string, Fact>> {
  const [answer] = await ask(sql('sequence_facts').replace('%names%', () => textArray(names)));
  return new Map(
    answer!.rows.map(([name, oid, increment, owner, partitions]) => [
      name!,
      {
        oid: oid!,
        increment: BigInt(increment!),
        owner: owner ?? null,
        tables: owner ? [owner, ...(JSON.parse(partitions ?? '[]') as string[])] : [],
      },
    ]),
  );
}
