import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  BOUND_TOO_HIGH,
  CURSOR_APART,
  explore,
  ID_BEFORE_XID,
  ID_CURSOR,
  MARK_BY_XMAX,
  NO_STRAGGLERS,
  type Size,
  WINDOW,
} from './model.ts';

const SMALL: Size = { writers: 2, rows: 1, workers: 1, page: 1, ticks: 2, crashes: 1 };

describe('the model of the tick, explored exhaustively', () => {
  it.each<{ name: string; size: Size; states: number }>([
    { name: 'two writers, four ticks, a kill', size: { ...SMALL, ticks: 4 }, states: 6196 },
    { name: 'two workers that race, a kill', size: { ...SMALL, workers: 2 }, states: 13_126 },
    { name: 'two rows each, pages of two', size: { ...SMALL, rows: 2, page: 2, ticks: 3 }, states: 28_966 },
    { name: 'three writers', size: { ...SMALL, writers: 3, ticks: 3, crashes: 0 }, states: 60_662 },
    { name: 'savepoints rolled back', size: { ...SMALL, crashes: 0, savepoints: true }, states: 9352 },
  ])('loses nothing and writes no second row: $name ($states states)', ({ size, states }) => {
    expect(explore(WINDOW, size)).toEqual({ states, counterexample: null });
  });

  it.each<[string, Algorithm, Size, string]>([
    ['an id as the cursor', ID_CURSOR, SMALL, 'event 1 is never delivered'],
    ['no list of stragglers', NO_STRAGGLERS, SMALL, 'event 1 is never delivered'],
    ['a bound that is too high', BOUND_TOO_HIGH, SMALL, 'event 2 is never delivered'],
    [
      'a mark that is the xmax of a snapshot',
      MARK_BY_XMAX,
      { ...SMALL, writers: 3, crashes: 0 },
      'event 3 is never delivered',
    ],
    [
      'an emitter that draws ids before it has an xid',
      ID_BEFORE_XID,
      { ...SMALL, writers: 3, crashes: 0 },
      'event 3 is never delivered',
    ],
    ['rows and cursor in two transactions', CURSOR_APART, SMALL, 'a second row for event 1'],
  ])('finds what is wrong with %s', (_, broken, size, invariant) => {
    const { counterexample } = explore(broken, size);
    expect(counterexample?.at(-1)).toBe(invariant);
  });

  it('tells the shortest way there', () => {
    expect(explore(NO_STRAGGLERS, SMALL).counterexample).toEqual([
      'writer 1 takes xid 1',
      'writer 1 writes a row with id 1',
      'writer 2 takes xid 2',
      'writer 2 writes a row with id 2',
      'writer 2 commits',
      'worker 1 reads the sequence',
      'worker 1 reads generation 0, takes the snapshot 1:3:1',
      'writer 1 commits',
      'worker 1 takes xid 3, writes [2]',
      'worker 1 commits',
      'event 1 is never delivered',
    ]);
  });
});
