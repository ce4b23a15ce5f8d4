import { assertText } from './encoding.ts';
import { bomSize, findLines } from './lines.ts';
import { canonical, type Manifest, manifestDigest, sha256 } from './manifest.ts';
import { cutIntoPieces } from './pieces.ts';
import { assertPrefix } from './prefix.ts';
import type { Profile } from './profile.ts';
import { refused } from './refusal.ts';

/** A larger file is refused: what is in memory is some ten times its size. */
export const LARGEST_FILE = 128 * 2 ** 20;

export interface MarkOptions {
  /** Where the bytes came from, as it was given. */
  origin: string;
  prefix: string;
  profile: Profile;
  /** How many pieces are taken; 100,000 unless stated. */
  maxUnits?: number;
}

/**
 * Marks a document: cuts its bytes into pieces and describes them. The same bytes, prefix and profile give the
 * same manifest but for its origin. Reads and writes nothing but the list of reserved prefixes.
 *
 * Throws a usage error for a bad or reserved prefix; a refusal for an empty or too large file, for bytes that
 * are no text, and for what cutIntoPieces refuses. Does not know whether an address already names other
 * content: that is the plan's business, on a database.
 */
export function mark(
  bytes: Uint8Array,
  { origin, prefix, profile, maxUnits = 100_000 }: MarkOptions,
): Manifest {
  assertPrefix(prefix);
  if (bytes.length > LARGEST_FILE) {
    const message = `${origin} has ${bytes.length} bytes; up to ${LARGEST_FILE} are taken`;
    throw refused('too_large', message, origin, 'split it into documents');
  }
  assertText(bytes, origin);
  const lines = findLines(bytes);
  const { name, version } = profile.data;
  const content = {
    format: 'iu-cut-manifest/1' as const,
    prefix,
    source: {
      bytes: bytes.length,
      sha256: sha256(bytes),
      encoding: 'utf-8' as const,
      byte_order_mark: bomSize(bytes) > 0,
      lines: lines.count,
      line_endings: lines.endings,
    },
    profile: { name, version, sha256: sha256(canonical(profile.data)) },
    pieces: cutIntoPieces(lines, { prefix, profile, maxUnits, file: origin }),
  };
  return { ...content, digest: manifestDigest(content), origin };
}
