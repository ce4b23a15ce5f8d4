import type { Finding } from '../report/index.ts';

/** How many problems become findings of their own; the rest are counted. */
const SHOWN = 100;

/** One line of the problems in the DETAIL of IU062. */
interface ManifestProblem {
  check: string;
  address: string | null;
  line: number | null;
  byte: number | null;
  problem: string;
}

/**
 * A refusal of a manifest, one finding for each problem in its detail: what, at which line and byte of `file`, and
 * the step of the refusal. Any other finding comes back as it is, its detail one line for each thing that it says.
 */
export function problemsOf(refused: Finding, file?: string): Finding[] {
  const detail = object(refused.detail);
  if (!detail) return [refused];
  const problems = detail.problems as ManifestProblem[] | undefined;
  if (refused.code !== 'manifest_refused' || !Array.isArray(problems) || problems.length === 0) {
    return [{ ...refused, detail: lines(detail) }];
  }
  const findings: Finding[] = problems.slice(0, SHOWN).map(({ check, address, line, byte, problem }) => ({
    code: refused.code,
    message: `${check}: ${problem}${place(line, byte)}`,
    ...(file ? { file } : {}),
    ...(address ? { object: address } : {}),
    ...(refused.next ? { next: refused.next } : {}),
  }));
  const more = problems.length - findings.length;
  if (more > 0)
    findings.push({ ...refused, detail: undefined, message: `and ${more} more problems of this kind` });
  return findings;
}

const place = (line: number | null | undefined, byte: number | null | undefined): string => {
  const where = [line == null ? '' : `line ${line}`, byte == null ? '' : `byte ${byte}`].filter(Boolean);
  return where.length > 0 ? ` (${where.join(', ')})` : '';
};

function object(text: string | undefined): Record<string, unknown> | null {
  if (!text?.startsWith('{')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const lines = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
