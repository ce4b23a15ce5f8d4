const PREFIX = 'column-order ';

/** The tables of which a rollback says `Accepts: column-order …`. */
export const acceptedTables = (accepts: readonly string[] = []): string[] =>
  accepts.filter((line) => line.startsWith(PREFIX)).map((line) => line.slice(PREFIX.length).trim());

/**
 * Whether one of the `Destroys:` texts names the table (spelled as the server quotes it): by its name, its
 * qualified name, or one of its columns. The text is prose, so a table whose name is an everyday word
 * ("rows") is named by accident; of two tables with one name in two schemas the bare name names both.
 */
export function isDeclaredLost(table: string, destroys: readonly string[] = []): boolean {
  const bare = table.replace(/^(?:"(?:[^"]|"")*"|[^".]+)\./, '');
  return destroys.some((text) =>
    (text.match(/(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$.])+/gu) ?? [])
      .map((word) => word.replace(/\.+$/, ''))
      .some((word) => word === bare || word === table || word.startsWith(`${table}.`)),
  );
}

/** The name of the table (or view …) that a fact's object is a column of, null when it is no column. */
export function tableOfColumn(object: string): string | null {
  return (
    /^column ((?:(?:"(?:[^"]|"")*"|[^".]+)\.)+)(?:"(?:[^"]|"")*"|[^".]+)$/.exec(object)?.[1]?.slice(0, -1) ??
    null
  );
}
