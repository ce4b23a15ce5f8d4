import {
  applyMigration,
  assertSound,
  chainStatus,
  graphileSettings,
  loadProject,
  openSession,
  type Project,
  preflight,
  prepareDatabase,
  recordSeal,
  type Status,
} from '../apply/index.ts';
import { EXIT, IuError, type Outcome } from '../report/index.ts';
import { openForWriting, waitOption } from './connection.ts';
import type { Verb } from './verb.ts';

export const migrate: Verb = {
  name: 'migrate',
  summary: 'apply the pending migrations to the target',
  configure: (command) => void command.addOption(waitOption()),
  async run(context, options): Promise<Outcome> {
    const project = await loadProject(context.root);
    assertSound(project);
    const { target, client, identity } = await openForWriting(context, 'migrate', options.wait as number);
    const settings = await graphileSettings(context.root, target.url);
    const before = await chainStatus(client, project);
    assertUntampered(before);
    const pending = pendingOf(project, before);
    const applied = new Set<string>();
    const items = () =>
      before.items.map((item) =>
        applied.has(item.file) ? { ...item, state: 'applied', applied: true } : { ...item, applied: false },
      );
    if (pending.length === 0) {
      context.progress.line(`nothing to apply: all ${before.items.length} migrations are applied`);
      return { verdict: 'up to date', exit: EXIT.clean, items: items(), findings: before.findings };
    }
    await preflight(client, identity, pending);
    await prepareDatabase(client, project, settings);
    const session = openSession(client, identity);
    try {
      for (const one of pending) {
        await context.progress.step(one.name, () => applyMigration(session, project, settings, one));
        applied.add(one.file.file);
      }
    } catch (error) {
      if (!(error instanceof IuError)) throw error;
      const verdict = `stopped after ${applied.size} of ${pending.length}`;
      return { verdict, exit: error.exit, items: items(), findings: error.findings };
    }
    await recordSeal(session);
    return { verdict: `applied ${pending.length}`, exit: EXIT.clean, items: items(), findings: [] };
  },
};

/** A database whose history does not match the files is not built upon. */
export function assertUntampered(status: Status): void {
  const serious = status.findings.filter(
    ({ code }) => !['edited_cosmetic', 'interrupted', 'running'].includes(code),
  );
  if (serious.length > 0) throw new IuError('finding', serious);
}

const pendingOf = (project: Project, status: Status) =>
  project.migrations.filter((_, index) => status.items[index]?.state === 'pending');
