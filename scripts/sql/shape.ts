import type { Finding } from '../report/index.ts';
import type { SqlFile, Statement } from './file.ts';
import { findingAt } from './findings.ts';
import { hasMarker, headerBlock } from './headers.ts';
import { type FileKind, isKey, KEYS } from './keys.ts';
import { needsNoTransaction } from './outside.ts';
import { checkEnvelope, noControl } from './transaction.ts';

/**
 * What is wrong with a file of this kind, decided before a line of it runs: headers it may not have, and
 * transaction control (docs/FORMATS.md). Empty when it has the shape. The rollback of a runtime script is of
 * the kind `runtime`.
 *
 * CALL and DO may commit inside themselves, and that cannot be seen here. In a file of the right shape they
 * cannot: inside an explicit transaction block the server refuses it (2D000 invalid_transaction_termination,
 * tried on 15 and 18, savepoints included). Only a file with NoTransaction has no such block.
 */
export function checkShape(file: SqlFile, kind: FileKind): Finding[] {
  const findings = headersNotHere(file, kind);
  if (kind === 'runtime' || kind === 'probe') findings.push(...checkEnvelope(file, kind));
  else findings.push(...noControl(file));
  findings.push(...markers(file, kind));
  if (kind === 'migration') findings.push(...graphileForm(file));
  if (!file.headers.NoTransaction) findings.push(...mustStandAlone(file, kind));
  return findings;
}

function headersNotHere(file: SqlFile, kind: FileKind): Finding[] {
  return headerBlock(file)
    .lines.filter((line) => isKey(line.key) && !KEYS[line.key].in.includes(kind))
    .map((line) => {
      const where = isKey(line.key) ? KEYS[line.key].in.join(', ') : '';
      const what = `header ${line.key} does not belong into a file of the kind ${kind} (only: ${where})`;
      return findingAt(file, line.offset, 'header_not_here', what, 'remove the line (docs/FORMATS.md)');
    });
}

/** graphile-migrate obeys its own marker and knows nothing of our header: in a migration one never stands alone. */
function markers(file: SqlFile, kind: FileKind): Finding[] {
  const block = headerBlock(file);
  const body = block.bodyOffset + /^\s*/.exec(file.text.slice(block.bodyOffset))![0].length;
  const marker = hasMarker(file, block);
  const declared = file.headers.NoTransaction === true;
  if (marker && kind !== 'migration') {
    const what = '"--! no-transaction" is for migrations; here nothing reads it';
    return [findingAt(file, body, 'no_transaction_marker', what, 'remove the line')];
  }
  if (kind !== 'migration' || (!marker && !declared)) return [];
  if (marker && !declared) {
    const what = '"--! no-transaction" stands without the header "--! NoTransaction"';
    return [
      findingAt(
        file,
        body,
        'no_transaction_marker',
        what,
        'add the header (and a PostCheck), or remove the line',
      ),
    ];
  }
  if (!marker) {
    const what =
      'the first line of the body is not "--! no-transaction": graphile-migrate would open a transaction';
    return [findingAt(file, body, 'no_transaction_marker', what, 'make it the first line after the headers')];
  }
  const second = file.statements[1];
  if (!second) return [];
  const what = 'a second statement in a migration with NoTransaction: sent together they form a transaction';
  return [
    findingAt(file, second.offset, 'no_transaction_many', what, 'give each statement a migration of its own'),
  ];
}

/** What graphile-migrate's own reader would refuse with an error that names no line. */
function graphileForm(file: SqlFile): Finding[] {
  const block = headerBlock(file);
  if (block.lines.length === 0) return [];
  const feed = file.text.indexOf('\r\n');
  if (feed >= 0 && feed <= block.bodyOffset) {
    const what = 'this line ends with CRLF, which graphile-migrate refuses in a committed migration';
    const next = 'convert it to LF; in .gitattributes: migrations/committed/*.sql -text';
    return [findingAt(file, feed, 'crlf_in_migration', what, next)];
  }
  if (/^\n/.test(file.text.slice(block.bodyOffset))) return [];
  const what = 'no empty line between the headers and the body, which graphile-migrate asks for';
  return [findingAt(file, block.bodyOffset, 'header_gap', what, 'put one empty line here')];
}

function mustStandAlone(file: SqlFile, kind: FileKind): Finding[] {
  const next =
    kind === 'migration' || kind === 'rollback'
      ? 'put it into a file of its own with "--! NoTransaction" and a "--! PostCheck: select …" that proves it done'
      : 'make it a migration with "--! NoTransaction" and "--! PostCheck"';
  const finding = (statement: Statement, name: string) =>
    findingAt(
      file,
      statement.offset,
      'not_in_transaction',
      `${name} cannot run in a transaction block`,
      next,
    );
  return file.statements.flatMap((statement) => {
    const name = needsNoTransaction(statement);
    return name ? [finding(statement, name)] : [];
  });
}
