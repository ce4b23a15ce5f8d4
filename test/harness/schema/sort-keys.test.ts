import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../scripts/postgres/index.ts';
import { oneServer } from '../support/index.ts';
import { refusal, rows, sharedDatabase, value } from './support.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A sort key: any whole number, then perhaps a fraction, which does not end in 0; from a0 on. */
const anyKey = fc
  .tuple(
    fc.oneof(
      fc.nat({ max: 3 }).map(BigInt),
      fc.nat({ max: 4000 }).map(BigInt),
      fc.bigInt(0n, 2n ** 63n - 2n),
    ),
    fc.oneof(
      fc.constant(''),
      fc.string({ unit: fc.constantFrom('0', 'z', '1', 'V'), maxLength: 6 }),
      fc.string({ unit: fc.constantFrom(...DIGITS), maxLength: 12 }),
    ),
  )
  .map(([ordinal, fraction]) => keyOf(ordinal) + fraction.replace(/0+$/, ''));

/** iu_core.sort_key_at, written a second time. */
function keyOf(ordinal: bigint): string {
  let digits = '';
  let rest = ordinal;
  do {
    digits = DIGITS[Number(rest % 62n)] + digits;
    rest /= 62n;
  } while (rest > 0n);
  return 'abcdefghijk'[digits.length - 1] + digits;
}

/** In the order of collation C, as all digits are ASCII. */
const ascending = (keys: string[]) => keys.every((key, index) => index === 0 || keys[index - 1]! < key);

const between = (client: pg.Client, after: string | null, before: string | null, count: number) =>
  rows<{ key: string }>(client, 'select * from iu_core.sort_keys_between($1, $2, $3) as key', [
    after,
    before,
    count,
  ]).then((found) => found.map(({ key }) => key));

describe.each(oneServer)('sort keys on $name', (server) => {
  const shared = sharedDatabase(server);
  let admin: pg.Client;
  let check: string;

  beforeEach(async () => {
    admin = await connect(shared().url);
    check = await value(
      admin,
      `select pg_get_expr(conbin, conrelid) from pg_constraint where conname = 'information_unit_sort_key_ck'`,
    );
  });
  afterEach(() => admin.end());

  /** The keys that the table would refuse, or that could be no bound of others. */
  const unsound = (keys: string[]) =>
    value<string[]>(
      admin,
      `select array(select sort_key from (select unnest($1::text[]) collate "C" as sort_key) as k
                     where not (${check}) or not iu_core.is_sort_key(sort_key))`,
      [keys],
    );

  it('between any two keys, however many: ascending, in bounds, valid', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(anyKey),
        fc.option(anyKey),
        fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 300 })),
        async (one, other, count) => {
          const [after, before] = one !== null && other !== null && one > other ? [other, one] : [one, other];
          fc.pre((after ?? 'a0') !== before && (before === null || (after ?? 'a0') < before));
          const keys = await between(admin, after, before, count);
          expect(keys).toHaveLength(count);
          const all = [after ?? 'a0', ...keys, ...(before === null ? [] : [before])];
          expect(ascending(all) && new Set(all).size === all.length).toBe(true);
          expect(await unsound(keys)).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('many between two keys: evenly, and none shorter would do', async () => {
    const digitsOf = (key: string) =>
      [...key.slice(2).padEnd(4, '0')].reduce((n, c) => n * 62 + DIGITS.indexOf(c), 0);
    for (const [count, digits] of [
      [1, 1],
      [60, 1],
      [61, 1],
      [62, 2],
      [3843, 2],
      [3844, 3],
      [10_000, 3],
      [100_000, 3],
    ] as const) {
      const keys = await between(admin, 'a1', 'a2', count);
      expect([count, Math.max(...keys.map((key) => key.length))]).toEqual([count, 2 + digits]);
      const places = keys.map(digitsOf);
      const steps = places.map((place, index) => (place - (places[index - 1] ?? 0)) / 62 ** (4 - digits));
      expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
    }
  });

  it('random inserts keep the order of a list', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 60 }),
        async (inserts) => {
          const list: string[] = [];
          for (const [at, count] of inserts) {
            const place = at % (list.length + 1);
            const keys = await between(admin, list[place - 1] ?? null, list[place] ?? null, count);
            list.splice(place, 0, ...keys);
          }
          expect(ascending(list) && new Set(list).size === list.length).toBe(true);
          expect(await unsound(list)).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([
    ['at the front', "null, case n = 0 then 'a1' else key end", 9],
    ['at the end', 'key, null', 4],
    ['after one key', "'a1', case n = 0 then 'a2' else key end", 9],
    ['before one key', "case n = 0 then 'a1' else key end, 'a2'", 9],
    ['after one key with a fraction', "'a1abc', case n = 0 then 'a2' else key end", 12],
  ])('10,000 inserts %s', async (where, bounds, longest) => {
    const sql = bounds.replace('case n = 0', 'case when n = 0');
    const [found] = await rows<{ longest: number; keys: number; wrong: number }>(
      admin,
      `with recursive made (n, key) as (
         select 0, null::text
         union all
         select n + 1, (select b from iu_core.sort_keys_between(${sql}, 1) as b) from made where n < 10000
       ), compared as (
         select key, lag(key) over (order by n) as former from made where n > 0
       )
       select max(length(key)) as longest, count(distinct key)::int as keys,
              (count(*) filter (where key collate "C" ${/end$|before/.test(where) ? '<=' : '>='} former)
               + count(*) filter (where not iu_core.is_sort_key(key)))::int as wrong
         from compared`,
    );
    expect(found).toEqual({ longest: expect.any(Number), keys: 10_000, wrong: 0 });
    expect(found!.longest).toBeLessThanOrEqual(longest);
  });

  it('1,000 inserts between the latest two, each time: one digit for two', async () => {
    let [after, before] = ['a1', 'a2'];
    for (let n = 0; n < 1000; n++) {
      const [key] = await between(admin, after, before, 1);
      expect(after < key! && key! < before).toBe(true);
      if (n % 2 === 0) after = key!;
      else before = key!;
    }
    expect(after.length).toBeLessThan(510);
  });

  it('there is room up to the last whole number, and beyond it', async () => {
    const last = keyOf(2n ** 63n - 2n);
    expect(await between(admin, keyOf(2n ** 63n - 4n), null, 2)).toEqual([keyOf(2n ** 63n - 3n), last]);
    const beyond = await between(admin, last, null, 3);
    expect(beyond.every((key) => key.startsWith(last)) && ascending([last, ...beyond])).toBe(true);
    expect(await unsound(beyond)).toEqual([]);
    expect(await between(admin, beyond.at(-1)!, null, 1)).toHaveLength(1);
  });

  it.each<[string, string | null, string | null, number | null, string[]]>([
    ['a key that is not before the other', 'a2', 'a1', 1, ['p_before']],
    ['the same key', 'a1V', 'a1V', 1, ['p_before']],
    ['nothing sorts before a0', null, 'a0', 1, ['p_before']],
    ['a fraction that ends in 0', 'a10', 'a2', 1, ['p_after']],
    ['a leading zero', 'b01', null, 1, ['p_after']],
    ['too few digits', 'b1', 'c', 1, ['p_after', 'p_before']],
    ['a number that is no bigint', null, 'kzzzzzzzzzzz', 1, ['p_before']],
    ['other characters', 'a1é', 'A1', 1, ['p_after', 'p_before']],
    ['an empty key', '', null, 1, ['p_after']],
    ['a negative count', null, null, -1, ['p_count']],
    ['no count', null, null, null, ['p_count']],
  ])('refuses with IU004: %s', async (_, after, before, count, named) => {
    const call = admin.query('select * from iu_core.sort_keys_between($1, $2, $3)', [after, before, count]);
    expect(await refusal(call)).toMatchObject({ code: 'IU004', detail: { arguments: named } });
  });
});
