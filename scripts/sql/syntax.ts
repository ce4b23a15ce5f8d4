import type { Finding } from '../report/index.ts';
import { findingAt, type Source } from './findings.ts';
import { type Parsed, type ParserError, parseSql, scanSql } from './parser.ts';

const BOTH = 'this file must run unchanged through psql and node-pg';

/** What the parser refused, in our words where the cause is known: a psql meta-command, inline COPY data. */
export function syntaxFinding(source: Source, error: ParserError): Finding {
  const [copy] = stdinCopies(source, parsedBefore(source.text, error.offset));
  if (copy) return copy;
  if (source.text[error.offset] === '\\') {
    const command = /^\\\S*/.exec(source.text.slice(error.offset))![0];
    const what = `psql meta-command ${command}; ${BOTH}`;
    return findingAt(source, error.offset, 'psql_meta_command', what, `remove ${command}; say it in SQL`);
  }
  if (error.gaveUp) {
    const next = 'break up what is nested thousands of times';
    return findingAt(source, error.offset, 'parser_gave_up', error.message, next);
  }
  return findingAt(
    source,
    error.offset,
    'syntax_error',
    error.message,
    `correct ${source.file} and run this again`,
  );
}

/** COPY … FROM STDIN: psql would take the lines after it as data, node-pg has none to send. */
export function stdinCopies(source: Source, parsed: Parsed[]): Finding[] {
  return parsed
    .filter(({ kind, node }) => {
      const copy = node as { is_from?: boolean; is_program?: boolean; filename?: string };
      return kind === 'CopyStmt' && copy.is_from && !copy.is_program && copy.filename === undefined;
    })
    .map(({ offset }) => {
      const what = `COPY … FROM STDIN reads its data from the client; ${BOTH}`;
      return findingAt(source, offset, 'copy_from_stdin', what, 'write the rows as INSERT … VALUES');
    });
}

/** The statements that were complete before a fault, as far as they can be told. */
function parsedBefore(text: string, offset: number): Parsed[] {
  const end = scanSql(text.slice(0, offset))?.findLast((token) => token.text === ';')?.end ?? 0;
  const parsed = parseSql(text.slice(0, end));
  return Array.isArray(parsed) ? parsed : [];
}
