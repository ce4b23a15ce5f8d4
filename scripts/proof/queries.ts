import { readdirSync, readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8').replace(/;\s*$/, '\n');

/** A .sql file of this folder, without its final semicolon. */
export function query(name: string): string {
  return read(`./${name}.sql`);
}

/**
 * The facts query of every kind asked for. `columns.sql` serves every major; where a catalog changed shape,
 * `columns.17.sql` serves 17 and later.
 */
export function factsQueries(major: number, kinds: readonly string[]): Map<string, string> {
  const files = readdirSync(new URL('./facts/', import.meta.url));
  return new Map(
    kinds.map((kind) => {
      const variants = files
        .map((file) => /^(.*)\.(\d+)\.sql$/.exec(file))
        .filter((match) => match?.[1] === kind && Number(match[2]) <= major)
        .sort((a, b) => Number(b![2]) - Number(a![2]));
      return [kind, read(`./facts/${variants[0]?.[0] ?? `${kind}.sql`}`)];
    }),
  );
}
