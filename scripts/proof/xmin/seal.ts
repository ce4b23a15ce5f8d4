import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { type Ask, withPinned } from '../pinned.ts';

/** One catalog of the xmin seal: how many rows, and two sums of 64-bit hashes that no order changes. */
export interface SealedCatalog {
  rows: number;
  digest: string;
}

/**
 * The xmin seal: equal seals of one database mean that no committed transaction wrote to the sealed catalogs
 * in between. Not sealed: what is written in place (planner hints), statistics, temporary objects, rows about
 * other databases, and the catalogs in `notObserved`. It says nothing of rows of users' tables or sequences,
 * and an object that was dropped and made again differs although its content is the same (contentSeal).
 */
export interface XminSeal {
  catalogs: ReadonlyMap<string, SealedCatalog>;
  /** Catalogs that this login may not read. */
  notObserved: readonly string[];
}

/** The statements that seal each catalog for this login; they hold for as long as its privileges do. */
export interface XminStatements {
  text: string;
  notObserved: readonly string[];
}

type Answers = Awaited<ReturnType<Ask>>;

const builder = () => readFileSync(new URL('./catalogs.sql', import.meta.url), 'utf8');

/**
 * Seals every catalog of `client`'s database by (oid, xmin), in two trips and one snapshot. Takes some
 * 35 ms per 100,000 catalog rows. Throws what withPinned and the server throw.
 */
export async function xminSeal(client: pg.ClientBase): Promise<XminSeal> {
  return withPinned(client, async (ask) => {
    const statements = await xminStatements(ask);
    return readXminSeal(await ask(statements.text), statements);
  });
}

/** Asks the server for the sealing statements, for a caller that sends them along with queries of its own. */
export async function xminStatements(ask: Ask): Promise<XminStatements> {
  const rows = (await ask(builder())).flatMap((answer) => answer.rows);
  return {
    text: rows.flatMap(([, statement]) => statement ?? []).join(';\n'),
    notObserved: rows.flatMap(([catalog, statement]) => (statement === null ? [catalog!] : [])),
  };
}

/** Makes the seal of what the sealing statements answered. */
export function readXminSeal(answers: Answers, { notObserved }: XminStatements): XminSeal {
  const rows = answers.flatMap((answer) => answer.rows as string[][]);
  return {
    catalogs: new Map(
      rows.map(([catalog, count, ...sums]) => [catalog!, { rows: Number(count), digest: sums.join('|') }]),
    ),
    notObserved,
  };
}

/** The names of the catalogs that differ between two seals of one database, sorted; empty when they are equal. */
export function differingCatalogs(before: XminSeal, after: XminSeal): string[] {
  const said = (seal: XminSeal, name: string) => {
    const sealed = seal.catalogs.get(name);
    return sealed && `${sealed.rows}|${sealed.digest}`;
  };
  return [...new Set([...before.catalogs.keys(), ...after.catalogs.keys()])]
    .filter((name) => said(before, name) !== said(after, name))
    .sort();
}
