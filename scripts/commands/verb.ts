import type { Command } from 'commander';
import type { Outcome, Progress, Scope } from '../report/index.ts';

/** What a verb is given. */
export interface Context {
  /** The project's folder: where `migrations/`, `rollback/`, `runtime/` and `sandbox/` are. */
  root: string;
  /** Where to work: `embedded[:BINDIR]`, `container[:IMAGE]` or a postgres:// URL. */
  target: string;
  /** Where the receipt goes, if one is to be written. */
  receipt: string | undefined;
  /** The key to sign it with. */
  signKey: string | undefined;
  progress: Progress;
  scope: Scope;
  /**
   * For a verb that runs until it is told to end: from now on the first SIGINT, SIGTERM or SIGHUP aborts this signal
   * and nothing else, and the verb ends by itself, with its own report. A second one ends it as any other verb.
   */
  untilSignal(): AbortSignal;
  /** The verb says here which server and database it really talks to; it goes into the report. */
  identity: Record<string, unknown> | null;
}

/** One verb of `iu`, one file in this folder. */
export interface Verb {
  name: string;
  summary: string;
  /** It writes a receipt even when nobody said where. */
  leavesReceipt?: true;
  /** Adds the verb's own arguments and options; the common ones are there already. */
  configure?(command: Command): void;
  run(context: Context, options: Record<string, unknown>, args: string[]): Promise<Outcome>;
}
