import type { SqlFile, Statement } from './file.ts';

/** What a CREATE statement makes. `schema` is null where the file leaves it to search_path. */
export interface CreatedObject {
  kind:
    | 'schema'
    | 'table'
    | 'foreign table'
    | 'view'
    | 'materialized view'
    | 'sequence'
    | 'index'
    | 'function'
    | 'procedure'
    | 'aggregate'
    | 'type'
    | 'domain';
  schema: string | null;
  name: string;
  line: number;
  /** It says OR REPLACE, so an object of that name may be there. */
  replace: boolean;
}

/** An index that CREATE INDEX CONCURRENTLY makes, and that stays behind INVALID when it breaks. */
export interface ConcurrentIndex {
  schema: string | null;
  name: string;
  /** The table's name without its schema, which is the index's schema too. */
  table: string;
  line: number;
}

interface RangeVar {
  schemaname?: string;
  relname?: string;
  relpersistence?: string;
}
type Named = Pick<CreatedObject, 'kind' | 'schema' | 'name'>;
// biome-ignore lint/suspicious/noExplicitAny: parse nodes are read by the field names of PostgreSQL's own headers
type Node = any;

/** A relation, unless it is temporary. */
function relation(kind: CreatedObject['kind'], range: RangeVar | undefined): Named[] {
  if (!range?.relname || range.relpersistence === 't' || range.schemaname === 'pg_temp') return [];
  return [{ kind, schema: range.schemaname ?? null, name: range.relname }];
}

function qualified(kind: CreatedObject['kind'], parts: Array<{ String: { sval: string } }>): Named[] {
  const names = parts.map((part) => part.String.sval);
  return [{ kind, schema: names.at(-2) ?? null, name: names.at(-1)! }];
}

const index = (node: Node): Named[] =>
  node.idxname ? relation('index', { ...node.relation, relname: node.idxname }) : [];

const define = (node: Node): Named[] => {
  if (node.kind === 'OBJECT_AGGREGATE') return qualified('aggregate', node.defnames);
  return node.kind === 'OBJECT_TYPE' ? qualified('type', node.defnames) : [];
};

const schema = (node: Node): Named[] => {
  const name: string | undefined = node.schemaname ?? node.authrole?.rolename;
  if (!name) return [];
  const elements = (node.schemaElts ?? []).flatMap((element: object) => {
    const [kind, inner] = Object.entries(element)[0]!;
    return named(kind, inner).map((object) => ({ ...object, schema: object.schema ?? name }));
  });
  return [{ kind: 'schema', schema: null, name }, ...elements];
};

const tableAs = (node: Node): Named[] =>
  relation(node.objtype === 'OBJECT_MATVIEW' ? 'materialized view' : 'table', node.into.rel);

const RULES: Record<string, (node: Node) => Named[]> = {
  CreateSchemaStmt: schema,
  CreateStmt: (node) => relation('table', node.relation),
  CreateForeignTableStmt: (node) => relation('foreign table', node.base.relation),
  CreateTableAsStmt: tableAs,
  SelectStmt: (node) => relation('table', node.intoClause?.rel),
  ViewStmt: (node) => relation('view', node.view),
  CreateSeqStmt: (node) => relation('sequence', node.sequence),
  IndexStmt: index,
  CreateFunctionStmt: (node) => qualified(node.is_procedure ? 'procedure' : 'function', node.funcname),
  CompositeTypeStmt: (node) => relation('type', node.typevar),
  CreateEnumStmt: (node) => qualified('type', node.typeName),
  CreateRangeStmt: (node) => qualified('type', node.typeName),
  CreateDomainStmt: (node) => qualified('domain', node.domainname),
  DefineStmt: define,
};

const named = (kind: string, node: Node): Named[] => RULES[kind]?.(node) ?? [];

/**
 * What the CREATE statements of a file make, in order. Left out: temporary objects, what has no name of its
 * own in a schema (triggers, policies, constraints, extensions, roles …), names the server chooses (serial and identity
 * sequences, constraint indexes, unnamed indexes), and what DO blocks and functions create.
 */
export function createdObjects(file: SqlFile): CreatedObject[] {
  return file.statements.flatMap((statement) =>
    named(statement.kind, statement.node).map((object) => ({
      ...object,
      line: statement.line,
      replace: (statement.node as Node).replace === true,
    })),
  );
}

/** The named indexes that a file makes with CREATE INDEX CONCURRENTLY. */
export function createdConcurrently(file: SqlFile): ConcurrentIndex[] {
  const concurrent = (statement: Statement) =>
    statement.kind === 'IndexStmt' && (statement.node as Node).concurrent;
  return file.statements.filter(concurrent).flatMap((statement) => {
    const node = statement.node as Node;
    return index(node).map(({ schema, name }) => ({
      schema,
      name,
      table: node.relation.relname,
      line: statement.line,
    }));
  });
}
