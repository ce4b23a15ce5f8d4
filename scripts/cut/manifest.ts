import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Piece } from './pieces.ts';

/** What `iu cut mark` makes of a document: docs/iu-cut.md is the contract. */
export interface Manifest {
  format: 'iu-cut-manifest/1';
  /** sha256 (hex) of the canonical JSON (RFC 8785) of all the rest but `origin`. */
  digest: string;
  /** Where the bytes came from, as given: a path or a URL. Two copies of a document have one digest. */
  origin: string;
  prefix: string;
  source: {
    bytes: number;
    sha256: string;
    encoding: 'utf-8';
    byte_order_mark: boolean;
    lines: number;
    /** How many lines end with each; a last line without an ending is in none. */
    line_endings: { lf: number; crlf: number; cr: number };
  };
  /** Which rules cut it; sha256 is that of the profile's canonical JSON. */
  profile: { name: string; version: number; sha256: string };
  pieces: Piece[];
}

/** JSON in its one canonical form (RFC 8785). */
export const canonical = (value: unknown): string => canonicalize(value)!;

/** sha256, in hex, of a text's UTF-8 or of bytes. */
export const sha256 = (value: string | Uint8Array): string =>
  createHash('sha256').update(value).digest('hex');

/** The digest that a manifest must have. */
export function manifestDigest(manifest: Manifest | Omit<Manifest, 'digest' | 'origin'>): string {
  const { format, prefix, source, profile, pieces } = manifest;
  return sha256(canonical({ format, prefix, source, profile, pieces }));
}
