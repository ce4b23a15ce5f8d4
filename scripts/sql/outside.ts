import type { Statement } from './file.ts';

interface Option {
  DefElem?: { defname?: string; arg?: unknown };
}

interface Node {
  concurrent?: boolean;
  is_vacuumcmd?: boolean;
  kind?: string;
  target?: string;
  relation?: unknown;
  params?: Option[];
  options?: Option[];
  cmds?: Array<{ AlterTableCmd?: { subtype?: string; def?: { PartitionCmd?: { concurrent?: boolean } } } }>;
}

const OFF = /"(?:sval|boolval)":(?:"(?:false|off|none)"|false|\{\})|"ival":(?:0|\{\})|"Integer":\{\}/i;

/** Whether an option is there and not switched off. */
const on = (options: Option[] | undefined, name: string): boolean =>
  (options ?? []).some(
    ({ DefElem: option }) => option?.defname === name && !OFF.test(JSON.stringify(option.arg ?? '')),
  );
const off = (options: Option[] | undefined, name: string): boolean =>
  (options ?? []).some(
    ({ DefElem: option }) => option?.defname === name && OFF.test(JSON.stringify(option.arg ?? '')),
  );

const WIDE_REINDEX: Record<string, string> = {
  REINDEX_OBJECT_SCHEMA: 'REINDEX SCHEMA',
  REINDEX_OBJECT_SYSTEM: 'REINDEX SYSTEM',
  REINDEX_OBJECT_DATABASE: 'REINDEX DATABASE',
};

const reindex = (node: Node): string | null =>
  on(node.params, 'concurrently') ? 'REINDEX CONCURRENTLY' : (WIDE_REINDEX[node.kind ?? ''] ?? null);

const detaches = (node: Node): boolean =>
  (node.cmds ?? []).some(({ AlterTableCmd: command }) => {
    return command?.subtype === 'AT_DetachPartition' && command.def?.PartitionCmd?.concurrent === true;
  });

const makesSlot = (node: Node): boolean =>
  !['connect', 'create_slot', 'slot_name'].some((name) => off(node.options, name));

/** By kind of statement: its name if it cannot run in a transaction block. */
const RULES: Record<string, (node: Node) => string | null> = {
  IndexStmt: (node) => (node.concurrent ? 'CREATE INDEX CONCURRENTLY' : null),
  DropStmt: (node) => (node.concurrent ? 'DROP INDEX CONCURRENTLY' : null),
  ReindexStmt: reindex,
  VacuumStmt: (node) => (node.is_vacuumcmd ? 'VACUUM' : null),
  ClusterStmt: (node) => (node.relation ? null : 'CLUSTER without a table'),
  AlterTableStmt: (node) => (detaches(node) ? 'DETACH PARTITION CONCURRENTLY' : null),
  CreatedbStmt: () => 'CREATE DATABASE',
  DropdbStmt: () => 'DROP DATABASE',
  AlterDatabaseStmt: (node) => (on(node.options, 'tablespace') ? 'ALTER DATABASE … SET TABLESPACE' : null),
  CreateTableSpaceStmt: () => 'CREATE TABLESPACE',
  DropTableSpaceStmt: () => 'DROP TABLESPACE',
  AlterSystemStmt: () => 'ALTER SYSTEM',
  CreateSubscriptionStmt: (node) => (makesSlot(node) ? 'CREATE SUBSCRIPTION with a slot' : null),
  DiscardStmt: (node) => (node.target === 'DISCARD_ALL' ? 'DISCARD ALL' : null),
};

/**
 * The name of a statement that the server refuses inside a transaction block, else null. Not seen, because
 * they depend on the target: DROP SUBSCRIPTION and ALTER SUBSCRIPTION … REFRESH, CLUSTER of a partitioned
 * table, REINDEX of one, and what functions do.
 */
export function needsNoTransaction(statement: Statement): string | null {
  return RULES[statement.kind]?.(statement.node as Node) ?? null;
}
