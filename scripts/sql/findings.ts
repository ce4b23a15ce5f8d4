import type { Finding } from '../report/index.ts';
import { snippet } from './snippet.ts';

/** A text with the name under which people know it. */
export interface Source {
  file: string;
  text: string;
}

/** A finding at a place of a file: `what` is completed to `<file> line <n>: <what>`, the excerpt carries the caret. */
export function findingAt(source: Source, offset: number, code: string, what: string, next: string): Finding {
  const { line, column, detail } = snippet(source.text, offset);
  const message = `${source.file} line ${line}, column ${column}: ${what}`;
  return { code, message, file: source.file, next, detail };
}
