import type { Command } from 'commander';
import {
  assertSound,
  chainStatus,
  loadProject,
  type Numbered,
  openSession,
  recordSeal,
  rollbackMigration,
} from '../apply/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { openForWriting, waitOption, wholeNumber } from './connection.ts';
import { assertUntampered } from './migrate.ts';
import type { Verb } from './verb.ts';

export const rollback: Verb = {
  name: 'rollback',
  summary: 'invert the newest applied migration, or all above a number, by their rollback files',
  configure(command: Command) {
    command
      .addOption(waitOption())
      .option(
        '--to <number>',
        'invert every applied migration above this number (0: all of them)',
        wholeNumber,
      )
      .option('--accept-loss', 'invert even where a rollback says that it destroys rows (Destroys:)');
  },
  async run(context, options): Promise<Outcome> {
    const project = await loadProject(context.root);
    assertSound(project);
    const { target, client, identity } = await openForWriting(context, 'rollback', options.wait as number);
    const before = await chainStatus(client, project);
    assertUntampered(before);
    const applied = project.migrations.filter((_, index) => before.items[index]?.state !== 'pending');
    const to = options.to as number | undefined;
    const chosen = applied
      .toReversed()
      .filter((one, place) => (to === undefined ? place === 0 : one.number > to));
    if (chosen.length === 0) {
      const message = 'no applied migration is to be inverted';
      context.progress.line(message);
      return { verdict: 'nothing to do', exit: EXIT.clean, items: [], findings: before.findings };
    }
    if (!target.disposable && options.acceptLoss !== true) assertNothingLost(chosen);
    const session = openSession(client, identity);
    const items: Array<{ file: string; state: string }> = [];
    try {
      for (const one of chosen) {
        await context.progress.step(`roll back ${one.name}`, () => rollbackMigration(session, one));
        items.push({ file: one.file.file, state: 'pending' });
      }
    } catch (error) {
      if (!(error instanceof IuError)) throw error;
      const verdict = `stopped after ${items.length} of ${chosen.length}`;
      return { verdict, exit: error.exit, items, findings: error.findings };
    }
    await recordSeal(session);
    return { verdict: `rolled back ${chosen.length}`, exit: EXIT.clean, items, findings: [] };
  },
};

/** What a rollback says it destroys is refused on a real target until somebody says that they know. */
function assertNothingLost(chosen: Numbered[]): void {
  const findings = chosen.flatMap((one): Finding[] =>
    (one.rollback?.headers.Destroys ?? []).map((loss) => ({
      code: 'destroys',
      message: `${one.rollback?.file} destroys ${loss}`,
      file: one.rollback?.file ?? '',
      next: 'make a backup; then run the same command with --accept-loss',
    })),
  );
  if (findings.length > 0) throw new IuError('refused', findings);
}
