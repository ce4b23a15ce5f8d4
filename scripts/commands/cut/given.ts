import type { Mode } from '../../cut-run/index.ts';

/** The options of `iu cut`, with its arguments. */
export interface Given {
  /** The document, or the run: the argument after the action. */
  subject?: string;
  /** resume: the document. */
  file?: string;
  prefix?: string;
  profile?: string;
  maxUnits?: number;
  out?: string;
  mode: Mode;
  authorityClass?: string;
  backup?: string;
  keep: boolean;
  witness?: boolean;
  readOnly?: boolean;
  reason?: string;
  actor?: string;
}
