import { readFileSync } from 'node:fs';
import type { Ask } from '../pinned.ts';

/** The text of a .sql file of this folder, without its final semicolon. */
export const sql = (name: string): string =>
  readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8').replace(/;\s*$/, '\n');

/** What the queries of this folder answer: rows of a tag and what is said under it. */
export type Tagged = ReadonlyMap<string, ReadonlyArray<ReadonlyArray<string | null>>>;

/** Runs a text of several statements and sorts its rows by their tag. */
export async function askTagged(ask: Ask, text: string): Promise<Tagged> {
  return tagged((await ask(text)).flatMap(({ rows }) => rows));
}

/** Sorts rows by their first column, which is then left out. */
export function tagged(rows: ReadonlyArray<ReadonlyArray<string | null>>): Tagged {
  const sorted = new Map<string, Array<ReadonlyArray<string | null>>>();
  for (const [tag, ...said] of rows) {
    const list = sorted.get(tag!);
    if (list) list.push(said);
    else sorted.set(tag!, [said]);
  }
  return sorted;
}

/** The first value of the first row under a tag. */
export const first = (answers: Tagged, tag: string): string | null => answers.get(tag)?.[0]?.[0] ?? null;

/** The rows under a tag as a map from object to value. */
export const mapped = (answers: Tagged, tag: string): Map<string, string> =>
  new Map((answers.get(tag) ?? []).map(([object, value]) => [object!, value ?? '']));

/** A text array as SQL writes it. */
export const textArray = (values: readonly string[]): string =>
  `array[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}]::text[]`;
