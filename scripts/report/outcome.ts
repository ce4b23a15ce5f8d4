/** Exit codes of every verb. One meaning each, so that a caller can branch on them. */
export const EXIT = {
  clean: 0,
  finding: 1,
  usage: 2,
  pending: 3,
  blocked: 4,
  refused: 5,
  inconclusive: 6,
  bug: 70,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** The name of an exit code, as it stands in a verdict. */
export type ExitName = keyof typeof EXIT;

/**
 * One thing a verb found: `code` is a stable snake_case name, `message` a plain sentence, `next` the
 * command or step that mends it, `detail` the lines that show where (a caret under the fault, say).
 */
export interface Finding {
  code: string;
  message: string;
  file?: string | undefined;
  object?: string | undefined;
  next?: string | undefined;
  detail?: string | undefined;
}

/** What goes into a receipt only: the evidence behind a verdict, and what it does not cover. */
export interface Evidence {
  /** Every file that was read, with the sha256 of its bytes and its token digest. */
  files: Array<{ file: string; sha256: string; digest: string }>;
  /** Content seal of the schema at the end. */
  seal: string | null;
  /** Stages that were not reached. */
  notRun: string[];
  /** What this kind of work does not look at, in plain words. */
  notProven: string[];
  /** The ledger's whole chain of events at the end. */
  chain: object[];
}

/** What a verb hands back; `scripts/iu.ts` completes it to the one JSON shape of docs/FORMATS.md. */
export interface Outcome<Item = unknown> {
  verdict: string;
  exit: Exit;
  items: Item[];
  findings: Finding[];
  evidence?: Evidence;
  /** With an option that prints for another program: what standard output is to hold, and nothing else. */
  print?: string;
}
