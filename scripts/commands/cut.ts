import { Argument, Option } from 'commander';
import type { Outcome } from '../report/index.ts';
import { wholeNumber } from './connection.ts';
import { compareReadOnly } from './cut/dryrun.ts';
import type { Given } from './cut/given.ts';
import { leave } from './cut/leave.ts';
import { markFile } from './cut/mark.ts';
import { sayPlan } from './cut/plan.ts';
import { sayReadiness } from './cut/readiness.ts';
import { resumeFile } from './cut/resume.ts';
import { runFile } from './cut/run.ts';
import { sayStatus } from './cut/status.ts';
import type { Context, Verb } from './verb.ts';

const RUN: Record<string, (context: Context, given: Given) => Promise<Outcome>> = {
  mark: markFile,
  run: runFile,
  resume: resumeFile,
  status: sayStatus,
  plan: sayPlan,
  readiness: sayReadiness,
  stop: (context, given) => leave(context, given, 'stop'),
  void: (context, given) => leave(context, given, 'void'),
  dryrun: compareReadOnly,
};

export const cut: Verb = {
  name: 'cut',
  summary: 'cut a document into units: mark it, plan it and try it out, up to where a person decides',
  configure: (command) =>
    void command
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(RUN)))
      .argument('[subject]', 'mark, run, dryrun: the document; the others: the run')
      .argument('[file]', 'resume: the document, if it is not marked yet or its bytes are not kept')
      .option('--prefix <prefix>', 'the document: what its addresses begin with, 3 to 32 of A-Z 0-9 -')
      .option(
        '--profile <name>',
        'which rules cut it: a name, or a JSON file (default: markdown; resume: those it was pinned under)',
      )
      .option('--max-units <n>', 'refuse a document of more pieces (default: 100000)', wholeNumber)
      .option('--out <path>', 'mark: write the manifest to this file; dryrun: all it writes, a new folder')
      .addOption(
        new Option('--mode <mode>', 'run: a dry run only, or to the pause before the cut itself')
          .choices(['DRYRUN', 'LIVE'])
          .default('DRYRUN'),
      )
      .addOption(
        new Option('--authority-class <class>', 'run: what the document is').choices([
          'authoritative',
          'non_authoritative',
        ]),
      )
      .option('--backup <file>', "run, resume: a LIVE run's backup, JSON { kind, ref, sha256, taken_at }")
      .option('--no-keep', 'run: do not keep the bytes in the database')
      .option(
        '--witness',
        'run, resume: watch the dry run with a logical slot (a disposable server always does)',
      )
      .option('--read-only', 'dryrun: as a login that can write nothing, which is proven first')
      .option('--reason <reason>', 'stop, void: why; it is recorded')
      .option('--actor <name>', 'in whose name (default: the login)'),
  run: (context, options, [action, subject, file]) =>
    RUN[action!]!(context, { ...options, subject, file } as unknown as Given),
};
