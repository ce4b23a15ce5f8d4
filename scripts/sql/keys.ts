/** What a file is, which decides its shape and the headers it may have. */
export type FileKind = 'migration' | 'rollback' | 'runtime' | 'probe';

/** The headers of a file: what is absent in the file is absent here. */
export interface Headers {
  Previous?: string;
  Hash?: string;
  Message?: string;
  AllowInvalidHash?: true;
  Title?: string;
  Requires?: string[];
  Verify?: string;
  Residue?: string[];
  Accepts?: string[];
  Destroys?: string[];
  NoTransaction?: true;
  PostCheck?: string;
  Pure?: true;
}

export type HeaderKey = keyof Headers;

/**
 * `value`: how a key's value is read. `text` anything; `flag` none; `list` comma-separated names; `runtime
 * file` runtime/NNN_name.sql; `select` one SELECT; otherwise the classes of object that may be named.
 */
export interface KeyRule {
  in: FileKind[];
  value: 'text' | 'flag' | 'list' | 'runtime file' | 'select' | string[];
  repeatable?: true;
}

const ALL: FileKind[] = ['migration', 'rollback', 'runtime', 'probe'];

/** The contract of docs/FORMATS.md as data. The rollback of a runtime script is of the kind `runtime`. */
export const KEYS: Record<HeaderKey, KeyRule> = {
  Previous: { in: ['migration'], value: 'text' },
  Hash: { in: ['migration'], value: 'text' },
  Message: { in: ['migration'], value: 'text' },
  AllowInvalidHash: { in: ['migration'], value: 'flag' },
  Title: { in: ALL, value: 'text' },
  Requires: { in: ALL, value: 'list' },
  Verify: { in: ['migration', 'runtime'], value: 'runtime file' },
  Residue: { in: ['probe'], value: ['sequence'], repeatable: true },
  Accepts: { in: ['rollback', 'runtime'], value: ['column-order'], repeatable: true },
  Destroys: { in: ['rollback', 'runtime'], value: 'text', repeatable: true },
  NoTransaction: { in: ['migration', 'rollback'], value: 'flag' },
  PostCheck: { in: ['migration', 'rollback'], value: 'select' },
  Pure: { in: ['probe'], value: 'flag' },
};

export const isKey = (name: string): name is HeaderKey => Object.hasOwn(KEYS, name);

/** The known name nearest to `name`, or null when nothing is near enough to be meant. */
export function nearest(name: string, known: string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(best.candidate.length / 3)) ? best.candidate : null;
}

/** Levenshtein's distance; one string is a header key, so the other is cut to what can be near one. */
function distance(a: string, b: string): number {
  const from = a.slice(0, 40);
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (from[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
