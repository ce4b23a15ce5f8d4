import type { Statement } from '../../sql/index.ts';

/** Something a statement's own text does that no ROLLBACK undoes; `outside` only may have. */
export interface Intent {
  class: 'file' | 'signals' | 'autonomous-commit' | 'outside';
  object: string;
  detail: string;
}

/** Functions whose effect is there at once and stays. */
const SIGNALS =
  /^(pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_stat_reset.*|pg_stat_statements_reset|pg_create_restore_point|pg_promote|pg_log_backend_memory_contexts|pg_wal_replay_(pause|resume))$/;
const FILES = /^(lo_export|pg_file_(write|rename|unlink|sync))$/;
/** The statements whose functions are called when they run; a CREATE FUNCTION only names them. */
const RUNS = /^(Select|Insert|Update|Delete|Merge|Call|CreateTableAs)Stmt$/;

/**
 * What a statement does outside of its transaction as far as its own text says so: COPY to a file or a
 * program, functions that write files or send signals, a DO in an untrusted language. What functions and DO
 * blocks do inside, and SQL put together at run time, cannot be seen here.
 */
export function intents(statement: Statement): Intent[] {
  const at = `line ${statement.line}`;
  if (statement.kind === 'CopyStmt') {
    const copy = statement.node as { is_program?: boolean; is_from?: boolean; filename?: string };
    const object = copy.filename ?? '';
    if (copy.is_program) {
      const detail = `${at}: a program ran outside of the transaction; what it did is not observed`;
      return [{ class: 'autonomous-commit', object: `program ${object}`, detail }];
    }
    if (copy.is_from || !object) return [];
    return [{ class: 'file', object, detail: `${at}: COPY wrote a file on the server` }];
  }
  if (statement.kind === 'DoStmt') {
    const language = /"defname":"language".*?"sval":"([^"]*)"/.exec(JSON.stringify(statement.node))?.[1];
    if (!language || !/u$/.test(language)) return [];
    return [{ class: 'outside', object: `DO in ${language}`, detail: at }];
  }
  if (!RUNS.test(statement.kind)) return [];
  return calls(statement.node).flatMap((name): Intent[] => {
    if (FILES.test(name))
      return [{ class: 'file', object: name, detail: `${at}: wrote a file on the server` }];
    return SIGNALS.test(name)
      ? [{ class: 'signals', object: name, detail: `${at}: took effect at once` }]
      : [];
  });
}

/** The names, without schema, of the functions that a parse tree calls. */
export function calls(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(calls);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const inner = calls(value);
    if (key !== 'FuncCall') return inner;
    const name = (value as { funcname?: Array<{ String?: { sval?: string } }> }).funcname?.at(-1)?.String
      ?.sval;
    return name ? [name, ...inner] : inner;
  });
}
