import type { Finding } from '../report/index.ts';
import type { SqlFile, Statement } from './file.ts';
import { fromCharacters } from './parser.ts';
import { snippet } from './snippet.ts';

/** The fields of node-pg's DatabaseError that are read here. */
interface ServerError extends Error {
  code: string;
  severity: string;
  detail?: string;
  hint?: string;
  where?: string;
  position?: string;
  internalPosition?: string;
  internalQuery?: string;
}

/** By shape, not by class: there may be more than one copy of node-pg. A system error has a code but no severity. */
function isServerError(error: unknown): error is ServerError {
  if (!(error instanceof Error)) return false;
  const { code, severity } = error as Partial<ServerError>;
  return typeof severity === 'string' && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
}

/**
 * What the server said about a statement of `file`, with its place; null if `error` is no server's (then
 * rethrow it). `statement` is what was sent; when it was a longer stretch of the file, `offset` is the index
 * in the file's text where that began. Without a position the statement's first line is shown. A hint is
 * the next step.
 */
export function serverError(
  error: unknown,
  file: SqlFile,
  statement?: Statement,
  offset = 0,
): Finding | null {
  if (!isServerError(error)) return null;
  const sent = statement?.offset ?? offset;
  const position = Number(error.position ?? 0);
  const at = position > 0 ? fromCharacters(file.text, position - 1, sent) : statement?.offset;
  const place = at === undefined ? null : snippet(file.text, at);
  const inner = error.internalQuery
    ? excerptOf(error.internalQuery, Number(error.internalPosition ?? 0))
    : null;
  const detail = [
    place?.detail,
    error.detail ? `DETAIL: ${error.detail}` : null,
    inner ? `QUERY:\n${inner}` : null,
    error.where ? `CONTEXT: ${error.where}` : null,
  ].filter((part) => part !== null && part !== undefined);
  const where = place ? `${file.file} line ${place.line}` : file.file;
  return {
    code: 'server_error',
    message: `${where}: ${error.message} (SQLSTATE ${error.code})`,
    file: file.file,
    next: error.hint || `correct ${where} or what it relies on, then run this again`,
    ...(detail.length > 0 ? { detail: detail.join('\n') } : {}),
  };
}

/** The statement inside a function that failed, with its caret, or its beginning where there is no position. */
function excerptOf(query: string, position: number): string {
  if (position > 0) return snippet(query, fromCharacters(query, position - 1)).detail;
  return query.length > 400 ? `${query.slice(0, 400)}…` : query;
}
