import { createHash } from 'node:crypto';
import type pg from 'pg';
import { IuError } from '../report/index.ts';
import { majorOf } from './facts.ts';
import { kindNames } from './kinds.ts';
import { withPinned } from './pinned.ts';
import { factsQueries, query } from './queries.ts';
import { unmodelled } from './unmodelled.ts';

/** One kind of the seal: how many facts rows there are, and a digest of them that no order changes. */
export interface SealedKind {
  kind: string;
  rows: number;
  digest: string;
}

/**
 * The content seal: equal seals mean equal facts of the sealed kinds, on servers of one major. What it does
 * not cover is in COVERAGE.md; `unmodelled` names catalogs with user rows that no kind speaks of.
 */
export interface Seal {
  major: number;
  /** sha256 (hex) over the kinds, their rows and digests, and what is unmodelled. */
  digest: string;
  kinds: SealedKind[];
  unmodelled: string[];
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Seals the schema (all kinds by default), hashing on the server: per kind the row count and two sums of
 * 64-bit hashes with different seeds, so that no order matters and equal rows cannot cancel.
 * It does not say what differs (contentFacts and diffFacts do), and like them it does not promise one
 * instant while others alter the schema.
 */
export async function contentSeal(
  client: pg.ClientBase,
  kinds: readonly string[] = kindNames(),
): Promise<Seal> {
  return withPinned(client, async (ask) => {
    const major = await majorOf(ask);
    const digest = query('digest');
    const text = [...factsQueries(major, kinds)]
      .map(([kind, facts]) => digest.replace('%kind%', kind).replace('%facts%', () => facts))
      .join(';\n');
    const sealed = (await ask(text)).map(({ rows: [row] }) => {
      const [kind, rows, ...sums] = row as [string, string, string, string];
      return { kind, rows: Number(rows), digest: sha256([kind, rows, ...sums].join('|')) };
    });
    const missing = await unmodelled(ask);
    const lines = sealed.map(({ kind, rows, digest }) => `${kind}|${rows}|${digest}`);
    return {
      major,
      digest: sha256([`major|${major}`, ...lines, ...missing].join('\n')),
      kinds: sealed,
      unmodelled: missing,
    };
  });
}

/**
 * Compares two seals; `kinds` are those that differ, or that only one of them has.
 * Throws IuError (inconclusive) for seals of different majors: they are never comparable.
 */
export function compareSeals(a: Seal, b: Seal): { equal: boolean; kinds: string[] } {
  sameMajor(a.major, b.major);
  const of = (seal: Seal) => new Map(seal.kinds.map(({ kind, rows, digest }) => [kind, `${rows}|${digest}`]));
  const [before, after] = [of(a), of(b)];
  const kinds = [...new Set([...before.keys(), ...after.keys()])].filter(
    (kind) => before.get(kind) !== after.get(kind),
  );
  if (a.unmodelled.join() !== b.unmodelled.join()) kinds.push('unmodelled');
  return { equal: kinds.length === 0, kinds };
}

/** Throws IuError (inconclusive) unless both states were read from the same major version. */
export function sameMajor(before: number, after: number): void {
  if (before === after) return;
  throw new IuError('inconclusive', {
    code: 'seals_of_different_majors',
    message: `One state was read from PostgreSQL ${before}, the other from ${after}: they spell the same schema differently.`,
    next: `Make both on the same major version.`,
  });
}
