import { describe, expect, it } from 'vitest';
import { isDeclaredLost, tableOfColumn } from '../../../scripts/rehearse/headers.ts';

describe('what a rollback says it destroys', () => {
  it.each([
    ['all rows of law, note', 'public.law', true],
    ['all rows of law, note.', 'public.note', true],
    ['the values of public.law.title', 'public.law', true],
    ['every row of public."Law"', 'public."Law"', true],
    ['every row of "Law"', 'public."Law"', true],
    ['every row of "a.b".t', '"a.b".t', true],
    ['all rows of lawyer', 'public.law', false],
    ['all rows of other.law', 'public.law', false],
    ['all rows of law_history', 'public.law', false],
    ['every row of Law', 'public."Law"', false],
  ])('%s: %s %s', (text, table, expected) => {
    expect(isDeclaredLost(table, ['something else', text])).toBe(expected);
  });
});

it.each([
  ['column public.law.title', 'public.law'],
  ['column public."a.b"."c.d"', 'public."a.b"'],
  ['column "s""x"."t"."c"', '"s""x"."t"'],
  ['table public.law', null],
  ['comment on column public.law.title', null],
])('the table of %s is %s', (object, table) => {
  expect(tableOfColumn(object)).toBe(table);
});
