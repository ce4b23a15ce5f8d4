import { readFile } from 'node:fs/promises';
import { type Finding, IuError } from '../report/index.ts';
import { decodeSql } from './bytes.ts';
import { sha256, tokenDigest } from './digest.ts';
import { headerBlock, misplacedHeaders, readHeaders } from './headers.ts';
import type { Headers } from './keys.ts';
import { loadParser, type Parsed, parseSql, scanSql, type Token } from './parser.ts';
import { placesInOrder } from './snippet.ts';
import { stdinCopies, syntaxFinding } from './syntax.ts';

/** One statement: its text from its first to its last token (without comments around it and without `;`). */
export interface Statement {
  text: string;
  /** Index of its first character in the file's text. */
  offset: number;
  /** 1-based; the column counts characters (code points). */
  line: number;
  column: number;
  /** Name of the parse node, e.g. `TransactionStmt`. */
  kind: string;
  /** The node itself; locations in it are byte offsets in the file. */
  node: unknown;
}

/** A SQL file that could be read and parsed as a whole. */
export interface SqlFile {
  /** As shown to people: relative to the repository. */
  file: string;
  text: string;
  /** Of the bytes as they are. */
  sha256: string;
  /** Of headers and tokens (docs/FORMATS.md). */
  digest: string;
  headers: Headers;
  statements: Statement[];
}

/** libpg-query's memory has an end, and an error there is none that a person can use. */
const LARGEST = 16 * 2 ** 20;

/**
 * Reads and parses the file at `path`, known to people as `shown`. Throws what `parseSqlBytes` throws, and a
 * usage error when there is no such file. Loads the parser itself.
 */
export async function readSqlFile(path: string, shown: string): Promise<SqlFile> {
  await loadParser();
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? error.message);
    const next = 'check the path and its permissions';
    throw new IuError('usage', {
      code: 'file_unreadable',
      message: `cannot read ${shown}: ${why}`,
      file: shown,
      next,
    });
  });
  if (bytes.length > LARGEST) {
    const message = `${shown} has ${bytes.length} bytes; the parser takes up to ${LARGEST}`;
    const next = 'split it, or load bulk data with COPY from a client';
    throw new IuError('finding', { code: 'too_large', message, file: shown, next });
  }
  return parseSqlBytes(bytes, shown);
}

/**
 * Parses the bytes of a file known to people as `shown`; `loadParser()` must have been awaited. Throws an
 * IuError with everything that is wrong with encoding, headers and syntax. Judges neither the shape
 * (`checkShape`) nor anything only a server can know: names, types, rights, the bodies of functions.
 */
export function parseSqlBytes(bytes: Uint8Array, shown: string): SqlFile {
  const source = { file: shown, text: decodeSql(bytes, shown) };
  const block = headerBlock(source);
  const { headers, findings } = readHeaders(source, block);
  const wrong: Finding[] = [...block.findings, ...findings];
  const parsed = parseSql(source.text);
  if (!Array.isArray(parsed)) throw new IuError('finding', [...wrong, syntaxFinding(source, parsed)]);
  const tokens = scanSql(source.text);
  if (!tokens)
    throw new IuError('bug', {
      code: 'scanner_failed',
      message: `the scanner refuses ${shown}, which parses`,
    });
  wrong.push(...misplacedHeaders(source, block, tokens), ...stdinCopies(source, parsed));
  if (parsed.length === 0) {
    const next = 'write a statement, or delete the file';
    wrong.push({ code: 'no_statement', message: `${shown} has no statement`, file: shown, next });
  }
  if (wrong.length > 0) throw new IuError('finding', wrong);
  return {
    ...source,
    sha256: sha256(bytes),
    digest: tokenDigest(block.lines, tokens),
    headers,
    statements: statements(source.text, parsed, tokens),
  };
}

/** Cuts each statement from its first token to its last one before the `;` or the end. */
function statements(text: string, parsed: Parsed[], all: Token[]): Statement[] {
  const tokens = all.filter((token) => !token.comment);
  const placeOf = placesInOrder(text);
  let next = 0;
  return parsed.map(({ offset: said, length, kind, node }) => {
    while (tokens[next]!.offset < said) next++;
    const first = tokens[next]!;
    while (next < tokens.length && tokens[next]!.offset < said + length) next++;
    const offset = first.offset;
    return {
      text: text.slice(offset, tokens[next - 1]!.end),
      offset,
      ...placeOf(offset),
      kind,
      node,
    };
  });
}
