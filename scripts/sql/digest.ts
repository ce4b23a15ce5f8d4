import { createHash } from 'node:crypto';
import type { HeaderLine } from './headers.ts';
import type { Token } from './parser.ts';

/** The two digests of a file: of its bytes, and of what they mean. */
export interface Digests {
  sha256: string;
  digest: string;
}

/** graphile-migrate's own bookkeeping: it follows from the bytes, or says how they are checked, never what runs. */
const NOT_DIGESTED = new Set(['Previous', 'Hash', 'AllowInvalidHash']);

/** Lower-case hex sha256 of bytes or of a text's UTF-8. */
export const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/**
 * sha256 over the header lines in their canonical form and the scanner's tokens without comments, joined by
 * NUL (docs/FORMATS.md). Equal digests mean: the same headers and the same tokens in the same order. The
 * reverse is not promised: `SELECT` for `select`, or a constant continued over lines in another way, counts.
 */
export function tokenDigest(headers: HeaderLine[], tokens: Token[]): string {
  const lines = headers
    .filter((header) => !NOT_DIGESTED.has(header.key))
    .map((header) => `--! ${header.key}${header.value === null ? '' : `: ${header.value}`}`);
  const texts = tokens.filter((token) => !token.comment).map((token) => token.text);
  return sha256([...lines, ...texts].join('\0'));
}

/** What happened to a file since its digests were recorded: nothing, comments and white space only, or more. */
export function compareDigests(recorded: Digests, now: Digests): 'same' | 'cosmetic' | 'semantic' {
  if (recorded.sha256 === now.sha256) return 'same';
  return recorded.digest === now.digest ? 'cosmetic' : 'semantic';
}
