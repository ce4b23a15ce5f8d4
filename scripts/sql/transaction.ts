import type { Finding } from '../report/index.ts';
import type { SqlFile, Statement } from './file.ts';
import { findingAt } from './findings.ts';

interface Transaction {
  kind: string;
  chain?: boolean;
}

const control = (statement: Statement): Transaction | null =>
  statement.kind === 'TransactionStmt' ? (statement.node as Transaction) : null;

const OPENS = ['TRANS_STMT_BEGIN', 'TRANS_STMT_START'];
const SAVEPOINTS = ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'];
const is = (statement: Statement, kinds: string[]): boolean => kinds.includes(control(statement)?.kind ?? '');

/** The statement as it is written, on one line, short enough for a sentence. */
function words(statement: Statement): string {
  const flat = statement.text.replace(/\s+/g, ' ');
  return flat.length > 40 ? `${flat.slice(0, 39)}…` : flat;
}

/** Migrations and their rollbacks run in a transaction of the runner's: no transaction control, no savepoints. */
export function noControl(file: SqlFile): Finding[] {
  const next = 'remove the statement: the runner opens and ends the transaction';
  return file.statements
    .filter((statement) => control(statement))
    .map((statement) => {
      const what = `transaction control is not allowed here: ${words(statement)}`;
      return findingAt(file, statement.offset, 'transaction_control', what, next);
    });
}

const ENDS = {
  runtime: { kind: 'TRANS_STMT_COMMIT', word: 'COMMIT' },
  probe: { kind: 'TRANS_STMT_ROLLBACK', word: 'ROLLBACK' },
};

/** BEGIN first, COMMIT (runtime) or ROLLBACK (probe) last, nothing of the kind between them but savepoints. */
export function checkEnvelope(file: SqlFile, kind: 'runtime' | 'probe'): Finding[] {
  const { statements } = file;
  const { kind: endKind, word } = ENDS[kind];
  const begin = statements.findIndex((statement) => is(statement, OPENS));
  const end = statements.findLastIndex((statement) => is(statement, [endKind]));
  const at = (index: number, code: string, what: string, next: string) =>
    findingAt(file, statements[index]!.offset, code, what, next);
  const shape = `a ${kind} file is BEGIN; … ${word};`;
  const findings: Finding[] = [];
  if (begin < 0)
    findings.push(at(0, 'missing_begin', `${shape} but it does not begin with BEGIN`, 'put "begin;" first'));
  if (begin > 0) findings.push(outside(file, statements[0]!, 'before BEGIN', shape));
  statements.forEach((statement, index) => {
    if (index === begin || index === end || !control(statement) || is(statement, SAVEPOINTS)) return;
    const what = `transaction control between BEGIN and the final ${word}: ${words(statement)}`;
    const next = 'remove it; within a file only SAVEPOINT, ROLLBACK TO and RELEASE are allowed';
    findings.push(at(index, 'transaction_control', what, next));
  });
  if (end < 0) {
    const what = `${shape} but it does not end with ${word}`;
    findings.push(
      at(statements.length - 1, `missing_${word.toLowerCase()}`, what, `put "${word.toLowerCase()};" last`),
    );
  } else {
    if (end < statements.length - 1)
      findings.push(outside(file, statements[end + 1]!, `after ${word}`, shape));
    if (control(statements[end]!)?.chain) {
      findings.push(
        at(
          end,
          'transaction_chain',
          `${words(statements[end]!)} opens another transaction`,
          `write "${word.toLowerCase()};"`,
        ),
      );
    }
  }
  return findings;
}

function outside(file: SqlFile, statement: Statement, where: string, shape: string): Finding {
  const what = `${words(statement)} stands ${where}; ${shape}`;
  return findingAt(file, statement.offset, 'outside_transaction', what, 'move it between them, or remove it');
}
