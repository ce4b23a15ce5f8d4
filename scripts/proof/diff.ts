import type { Facts, Fields } from './facts.ts';
import { sameMajor } from './seal.ts';

/** One fact that differs. An object that came or went is one change, of the field `exists`. */
export interface FactChange {
  object: string;
  field: string;
  before: string | null;
  after: string | null;
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The facts that differ, by object and field, sorted by code unit. Empty exactly when every fact is equal.
 * Throws IuError (inconclusive) when the two were read from different majors, and Error when they hold
 * different kinds.
 */
export function diffFacts(before: Facts, after: Facts): FactChange[] {
  sameMajor(before.major, after.major);
  if (before.kinds.join() !== after.kinds.join())
    throw new Error('the facts compared are of different kinds');
  const changes: FactChange[] = [];
  for (const object of new Set([...before.objects.keys(), ...after.objects.keys()])) {
    const was = before.objects.get(object);
    const is = after.objects.get(object);
    if (was && is) changes.push(...diffFields(object, was, is));
    else changes.push({ object, field: 'exists', before: was ? 'yes' : null, after: is ? 'yes' : null });
  }
  return changes.sort((a, b) => order(a.object, b.object) || order(a.field, b.field));
}

function diffFields(object: string, was: Fields, is: Fields): FactChange[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => was[field] !== is[field])
    .map((field) => ({ object, field, before: was[field] ?? null, after: is[field] ?? null }));
}

/** Whether nothing but the order of columns differs, and something does. */
export function onlyReordered(changes: readonly FactChange[]): boolean {
  return changes.length > 0 && changes.every(({ field }) => field === 'position');
}
