import type { Finding } from '../report/index.ts';

/** What a run proved, as data: the canonical JSON (RFC 8785) of this is receipt.json. */
export interface Receipt {
  format: 'iu-receipt/1';
  verb: string;
  verdict: string;
  exit: number;
  startedAt: string;
  seconds: number;
  /** Identity of the server and database it ran on. */
  target: Record<string, unknown>;
  /** Every file it read, with the sha256 of its bytes and its token digest. */
  files: Array<{ file: string; sha256: string; digest: string }>;
  /** Content seal of the schema at the end. */
  seal: string | null;
  items: Array<{
    stage: string;
    name: string;
    verdict: string;
    milliseconds: number;
    [evidence: string]: unknown;
  }>;
  findings: Finding[];
  /** Stages that were not reached. */
  notRun: string[];
  /** What this kind of proof does not look at, in plain words. */
  notProven: string[];
  /** The chain it cites: its length, and the hash of its newest event. */
  ledger: { events: number; head: string | null };
}
