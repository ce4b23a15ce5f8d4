import { readFile } from 'node:fs/promises';

/** The text of a .sql file that stands beside this module. */
export function sqlFile(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
