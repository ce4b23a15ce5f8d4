import type { Finding } from '../report/index.ts';
import { type SqlFile, type Statement, snippet } from '../sql/index.ts';
import { isStatement, type Piece } from './source.ts';

const OPENS = ['TRANS_STMT_BEGIN', 'TRANS_STMT_START'];
const SAVEPOINTS = ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'];

/**
 * Why a file may not run on a database that is not a clone; empty when it is BEGIN … ROLLBACK, with nothing but
 * SET and the creation of pgTAP (which is not sent) around it and nothing but savepoints within. CALL and DO
 * cannot commit in there: the server refuses it. What ROLLBACK does not undo (sequences, say) is not looked at.
 */
export function rollsBack(pieces: Piece[]): Finding[] {
  const statements = pieces.filter(isStatement);
  const begin = statements.findIndex(({ statement }) => OPENS.includes(control(statement)));
  const end = statements.findLastIndex(({ statement }) => control(statement) === 'TRANS_STMT_ROLLBACK');
  if (begin < 0 || end < begin) {
    const [first] = statements;
    return first ? [refusal(first.file, first.statement, 'the file is not BEGIN … ROLLBACK')] : [];
  }
  return statements.flatMap(({ file, statement }, index) => {
    if (index === begin || (index === end && !isChained(statement))) return [];
    const within = index > begin && index < end;
    if (within && (control(statement) === '' || SAVEPOINTS.includes(control(statement)))) return [];
    if (!within && isHarmless(statement)) return [];
    const where = within ? 'between BEGIN and ROLLBACK' : 'outside of BEGIN … ROLLBACK';
    return [refusal(file, statement, `${where} stands ${statement.text.split('\n')[0]}`)];
  });
}

const control = ({ kind, node }: Statement): string =>
  kind === 'TransactionStmt' ? (node as { kind: string }).kind : '';

const isChained = ({ node }: Statement): boolean => (node as { chain?: boolean }).chain === true;

/** A setting ends with the session, which is the test's own. */
const isHarmless = ({ kind, node }: Statement): boolean =>
  kind === 'VariableSetStmt' ||
  (kind === 'CreateExtensionStmt' && (node as { extname?: string }).extname === 'pgtap');

function refusal(file: SqlFile, statement: Statement, what: string): Finding {
  const message = `${file.file} line ${statement.line}: ${what}; on a database that is no clone that could stay`;
  const next = 'run it without --target (on a clone), or put begin; first and rollback; last';
  const { detail } = snippet(file.text, statement.offset);
  return { code: 'not_rolled_back', message, file: file.file, detail, next };
}
