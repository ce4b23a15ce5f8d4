import { type Finding, IuError } from '../../../scripts/report/index.ts';
import { parseSqlBytes, type SqlFile } from '../../../scripts/sql/index.ts';

/** Parses a text as the file `x.sql`. */
export const sql = (text: string): SqlFile => parseSqlBytes(Buffer.from(text), 'x.sql');

/** What is refused in a text or in bytes; fails when nothing is. */
export function refusals(source: string | Uint8Array): Finding[] {
  try {
    parseSqlBytes(Buffer.from(source as string), 'x.sql');
  } catch (error) {
    if (error instanceof IuError) return error.findings;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** `code@line:column` of findings. */
export const places = (findings: Finding[]): string[] =>
  findings.map((finding) => {
    const [, line, column] = /line (\d+), column (\d+)/.exec(finding.message) ?? [];
    return `${finding.code}@${line}:${column}`;
  });
