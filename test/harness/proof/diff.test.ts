import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffFacts, type FactChange, type Facts } from '../../../scripts/proof/index.ts';

const name = fc.constantFrom('a', 'b', 'c', 'table public.t', '__proto__ x');
const facts = fc
  .dictionary(name, fc.dictionary(fc.constantFrom('owner', 'type', 'default'), fc.constantFrom('', 't', 'f')))
  .map((objects): Facts => ({ major: 18, kinds: ['tables'], objects: new Map(Object.entries(objects)) }));

/** What the diff leaves out on purpose, the fields of an object that came, is taken from `after`. */
function apply(before: Facts, changes: FactChange[], after: Facts): Facts {
  const objects = new Map([...before.objects].map(([object, fields]) => [object, { ...fields }]));
  for (const { object, field, after: value } of changes) {
    if (field === 'exists') {
      if (value === null) objects.delete(object);
      else objects.set(object, { ...after.objects.get(object)! });
    } else if (value === null) delete objects.get(object)![field];
    else objects.get(object)![field] = value;
  }
  return { ...before, objects };
}

describe('diffFacts', () => {
  test('is empty exactly for equal facts', () => {
    fc.assert(
      fc.property(facts, facts, (a, b) => {
        expect(diffFacts(a, a)).toEqual([]);
        const equal = JSON.stringify(plain(a)) === JSON.stringify(plain(b));
        expect(diffFacts(a, b).length === 0).toBe(equal);
      }),
    );
  });

  test('holds all it takes to get from one state to the other', () => {
    fc.assert(
      fc.property(facts, facts, (a, b) => {
        expect(plain(apply(a, diffFacts(a, b), b))).toEqual(plain(b));
      }),
    );
  });

  test('turns round with its arguments, and is sorted', () => {
    fc.assert(
      fc.property(facts, facts, (a, b) => {
        const there = diffFacts(a, b);
        expect(diffFacts(b, a)).toEqual(
          there.map(({ before, after, ...at }) => ({ ...at, before: after, after: before })),
        );
        const keys = there.map(({ object, field }) => `${object}\u0000${field}`);
        expect(keys).toEqual([...new Set(keys)].sort());
      }),
    );
  });

  test('refuses facts of different majors or kinds', () => {
    const of = (major: number, kind: string): Facts => ({ major, kinds: [kind], objects: new Map() });
    expect(() => diffFacts(of(15, 'tables'), of(18, 'tables'))).toThrow('PostgreSQL 15');
    expect(() => diffFacts(of(18, 'tables'), of(18, 'views'))).toThrow('different kinds');
  });
});

function plain({ objects }: Facts) {
  return [...objects].map(([object, fields]) => [object, Object.entries(fields).sort()] as const).sort();
}
