import { resolve } from 'node:path';
import type pg from 'pg';
import { inTransaction, runStatements } from '../apply/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { checkShape, type FileKind, readSqlFile, type SqlFile, type Statement } from '../sql/index.ts';

/** A file with transaction control has to be BEGIN … COMMIT; one with graphile-migrate's hash is a migration. */
const kindOf = (file: SqlFile): FileKind => {
  if (file.statements.some(({ kind }) => kind === 'TransactionStmt')) return 'runtime';
  return file.headers.Hash ? 'migration' : 'rollback';
};

/** Reads a file of anybody's. Throws an IuError with all that is wrong with it before a line of it runs. */
export async function readPlainFile(root: string, path: string): Promise<SqlFile> {
  const file = await readSqlFile(resolve(root, path), path);
  const findings = checkShape(file, kindOf(file));
  if (findings.length > 0) throw new IuError('finding', findings);
  return file;
}

/**
 * Runs a file as psql would: statement by statement, stopping at the first error. One without BEGIN and
 * COMMIT of its own runs in one transaction, unless it says NoTransaction; then its PostCheck must hold.
 * Throws an IuError with line and caret.
 */
export async function runFile(client: pg.Client, file: SqlFile): Promise<void> {
  const { NoTransaction, PostCheck } = file.headers;
  if (kindOf(file) !== 'runtime' && !NoTransaction) {
    return inTransaction(client, () => runStatements(client, file));
  }
  try {
    await runStatements(client, file);
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
  if (!PostCheck) return;
  const { rows } = await client.query({ text: PostCheck, rowMode: 'array' });
  if (rows[0]?.[0] === true) return;
  const message = `${file.file} ran, but its PostCheck does not hold: ${PostCheck}`;
  const next = 'correct the file or the check';
  throw new IuError('finding', { code: 'post_check', message, file: file.file, next });
}

const CLUSTER_WIDE =
  /^(Create|Alter|Drop)(Role|RoleSet|db|Database|DatabaseSet|TableSpace|TableSpaceOptions)Stmt$/;
const OTHERS = ['GrantRoleStmt', 'AlterSystemStmt', 'DropOwnedStmt', 'ReassignOwnedStmt'];

/** RENAME, OWNER TO, COMMENT and GRANT say in a field what they are about. */
function isClusterWide({ kind, node }: Statement): boolean {
  if (CLUSTER_WIDE.test(kind) || OTHERS.includes(kind)) return true;
  const { renameType, objectType, objtype } = node as Record<string, unknown>;
  const about = renameType ?? objectType ?? objtype;
  return /^OBJECT_(ROLE|DATABASE|TABLESPACE|PARAMETER_ACL)$/.test(String(about));
}

/**
 * Statements that reach beyond the database they run in: roles, memberships, databases, tablespaces, server
 * settings. On a server that others use they are no rehearsal. Not seen: what DO blocks and functions do.
 */
export function clusterWide(file: SqlFile): Finding[] {
  return file.statements.filter(isClusterWide).map(({ line, kind }) => ({
    code: 'cluster_wide',
    message: `${file.file} line ${line}: ${kind} reaches beyond the scratch database`,
    file: file.file,
    next: 'leave out --target, or give embedded:BINDIR or container:IMAGE of the same major',
  }));
}
