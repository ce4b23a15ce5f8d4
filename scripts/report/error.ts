import { EXIT, type ExitName, type Finding } from './outcome.ts';

/**
 * An expected failure: a sentence for people, the exit code it ends the process with, and where possible
 * the next step. Anything else that is thrown is a bug of ours (exit 70, stack trace to a file).
 */
export class IuError extends Error {
  override name = 'IuError';
  readonly exit: (typeof EXIT)[ExitName];
  readonly findings: Finding[];

  constructor(kind: ExitName, findings: Finding | Finding[], options?: ErrorOptions) {
    const list = Array.isArray(findings) ? findings : [findings];
    super(list.map((finding) => finding.message).join('\n'), options);
    this.exit = EXIT[kind];
    this.findings = list;
  }
}
