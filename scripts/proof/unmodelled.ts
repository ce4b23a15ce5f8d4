import { KINDS, type Kind, NOT_SCHEMA } from './kinds.ts';
import type { Ask } from './pinned.ts';
import { query } from './queries.ts';

/**
 * Names each catalog that holds rows of users' making which no kind answers for: `pg_operator: 3 rows`.
 * The catalogs are the server's own list, so one that a newer major adds is reported and not dropped. It
 * counts catalogs, not columns: a new column of a claimed catalog is not noticed.
 */
export async function unmodelled(ask: Ask, kinds: readonly Kind[] = KINDS): Promise<string[]> {
  const claimed = [...new Set([...NOT_SCHEMA, ...kinds.flatMap(({ claims }) => claims)])];
  const list = `array[${claimed.map((name) => `'${name}'`).join(', ')}]`;
  const [catalogs] = await ask(query('unmodelled').replace('%claimed%', list));
  if (!catalogs?.rows.length) return [];
  const counts = await ask(
    catalogs.rows
      .map(([catalog, oid]) => `select '${catalog}', count(*) from ${catalog} where ${oid} >= 16384`)
      .join(';\n'),
  );
  return counts
    .map(({ rows: [row] }) => row!)
    .filter(([, count]) => count !== '0')
    .map(([catalog, count]) => `${catalog}: ${count} ${count === '1' ? 'row' : 'rows'}`);
}
