import type { Facts } from '../proof/index.ts';

/** Fields of a column that a partition has by itself; an identity is its parent's alone before 17. */
const OWN_FIELDS = new Set(['position', 'inherited_from', 'local', 'comment', 'privileges', 'identity']);

/** Whether a fact's object is the table, or stands on it: a column, constraint, trigger, policy or index. */
export function belongsTo(table: string, object: string, facts: Facts): boolean {
  if (
    object === `table ${table}` ||
    object.startsWith(`column ${table}.`) ||
    object.endsWith(` on ${table}`)
  ) {
    return true;
  }
  const definition = facts.objects.get(object)?.definition ?? '';
  return (
    object.startsWith('index ') && [' ON ', ' ON ONLY '].some((on) => definition.includes(`${on}${table} `))
  );
}

/**
 * Where a runtime object (a partition) is not of its parent's shape: the columns, by name, and what is said
 * of each; the owner; row security. Empty when it is, or when there is no such table or no parent.
 */
export function unlikeParent(table: string, facts: Facts): string[] {
  const self = facts.objects.get(`table ${table}`);
  const parent = self?.parents?.split(', ')[0]?.replace(/ \(detach pending\)$/, '');
  if (!self || !parent) return [];
  const above = facts.objects.get(`table ${parent}`);
  const own = ['owner', 'row_security', 'force_row_security'].filter(
    (field) => self[field] !== above?.[field],
  );
  const [mine, theirs] = [columnsOf(table, facts), columnsOf(parent, facts)];
  const columns = [...new Set([...mine.keys(), ...theirs.keys()])].filter(
    (name) => mine.get(name) !== theirs.get(name),
  );
  return [...own, ...columns.map((name) => `column ${name}`)];
}

function columnsOf(table: string, facts: Facts): Map<string, string> {
  const prefix = `column ${table}.`;
  return new Map(
    [...facts.objects]
      .filter(([object]) => object.startsWith(prefix))
      .map(([object, fields]) => [
        object.slice(prefix.length),
        JSON.stringify(
          Object.entries(fields)
            .filter(([field]) => !OWN_FIELDS.has(field))
            .sort(),
        ),
      ]),
  );
}
