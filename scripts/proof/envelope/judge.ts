import type { OpenTransaction } from './impact.ts';
import type { Intent } from './intent.ts';
import type { Reach } from './reach.ts';
import { type Found, nothing, type Residue, type ResidueClass } from './residue.ts';
import { changes, type State } from './state.ts';
import type { Witnessed } from './witness.ts';

/** What the session, the impact and the two sides say of everything but sequences and commits. */
export interface Sides {
  before: State;
  after: State;
  open: OpenTransaction | null;
  reach: Reach;
  witnessed: Witnessed | string;
  alone: boolean;
  intents: readonly Intent[];
  /** Names of the functions that the probe's text calls. */
  called: ReadonlySet<string>;
}

const said = (from: string | null, to: string | null) =>
  from === null ? 'left behind' : to === null ? 'gone' : `${from} before, ${to} after`;

/** Residues of the session, files, signals, slots and planner hints, and the physical ones. */
export function otherResidues(sides: Sides): Found {
  const found = nothing();
  const { before, after, open } = sides;
  const own = (kind: ResidueClass, list: ReturnType<typeof changes>) => {
    for (const { object, from, to } of list)
      found.residues.push({ class: kind, object, detail: said(from, to) });
  };
  for (const { object, to } of changes(before.session.locks, after.session.locks)) {
    const detail = to === null ? 'released' : `still held by the session (${to})`;
    found.residues.push({ class: 'session-lock', object: `advisory lock ${object}`, detail });
  }
  for (const { object, to } of changes(before.session.preparedStatements, after.session.preparedStatements)) {
    const detail = to === null ? 'deallocated' : `still prepared: ${to}`;
    found.residues.push({ class: 'prepared-statement', object, detail });
  }
  own('settings', changes(before.session.settings, after.session.settings));
  for (const { class: kind, object, detail } of sides.intents) {
    if (kind === 'file' || kind === 'signals') found.residues.push({ class: kind, object, detail });
  }
  whose(sides, found);
  const used = new Set(open?.impact.locks.map(({ object }) => object));
  own(
    'planner-hints',
    changes(before.plannerHints, after.plannerHints).filter(
      ({ object, from, to }) => from !== null && to !== null && (open ? used.has(object) : sides.alone),
    ),
  );
  found.residues.push(...deadRows(open));
  return found;
}

/** Signals and slots: everybody may have sent or made them who is allowed to. */
function whose(sides: Sides, found: Found): void {
  const { before, after, reach, alone, called, witnessed } = sides;
  const add = (residue: Residue, own: boolean) => (own ? found.residues : found.unattributed).push(residue);
  const announced = sides.intents.some((intent) => intent.class === 'signals');
  if (reach.maySignal && !announced) {
    for (const { object, from, to } of changes(before.signals, after.signals)) {
      add({ class: 'signals', object, detail: said(from, to) }, alone);
    }
  }
  if (reach.mayReplicate) {
    for (const { object, from, to } of changes(before.slots, after.slots)) {
      add({ class: 'subscriptions-slots', object: `slot ${object}`, detail: said(from, to) }, alone);
    }
  }
  if (typeof witnessed === 'string') return;
  for (const prefix of witnessed.signals) {
    const detail = 'a logical message outside of transactions: its readers have it';
    const own = alone || called.has('pg_logical_emit_message');
    add({ class: 'signals', object: `message ${prefix}`, detail }, own);
  }
}

/** What rolled-back writes leave in the files of a table, until VACUUM; temporary tables are gone anyway. */
function deadRows(open: OpenTransaction | null): Residue[] {
  return (open?.impact.tables ?? [])
    .filter(({ table, inserted, updated }) => inserted + updated > 0 && !/^pg_temp_\d+\./.test(table))
    .map(({ table, inserted, updated }) => ({
      class: 'physical',
      object: table,
      detail: `${inserted + updated} dead row versions until the next vacuum`,
    }));
}
