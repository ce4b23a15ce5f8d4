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
import { openForWriting } from './connection.ts';
import type { Verb } from './verb.ts';

export const migrate: Verb = {
  name: 'migrate',
  summary: 'apply the pending migrations to the target',
  async run(context): Promise<Outcome> {
    const project = await loadProject(context.root);
    assertSound(project);
    const { target, client, identity } = await openForWriting(context, 'migrate');
    const settings = await graphileSettings(context.root, target.url);
    const before = await chainStatus(client, project);
    assertUntampered(before);
    const pending = pendingOf(project, before);
    const report = (done: number) =>
      before.items.map((item) => {
        const applied = pending.slice(0, done).some((one) => one.file.file === item.file);
        return { ...item, state: applied ? 'applied' : item.state, applied };
      });
    if (pending.length === 0) {
      context.progress.line(`nothing to apply: all ${before.items.length} migrations are applied`);
      return { verdict: 'up to date', exit: EXIT.clean, items: report(0), findings: before.findings };
    }
    await preflight(client, identity, pending);
    await prepareDatabase(client, project, settings);
    const session = openSession(client, identity);
    for (const one of pending) {
      await context.progress.step(one.name, () => applyMigration(session, project, settings, one));
        ...items.splice(project.migrations.indexOf(one), 1)[0]!,
        applied: true,
        state: 'applied',
      });
    }
    await recordSeal(session);
    return { verdict: `applied ${pending.length}`, exit: EXIT.clean, items: report(pending.length), findings: [] };
  },
};

/** A database whose history does not match the files is not built upon. */
export function assertUntampered(status: Status): void {
  const serious = status.findings.filter(({ code }) => code !== 'edited_cosmetic' && code !== 'interrupted');
  if (serious.length > 0) throw new IuError('finding', serious);
}

const pendingOf = (project: Project, status: Status) =>
  project.migrations.filter((_, index) => status.items[index]?.state === 'pending');
