import { join } from 'node:path';
import {
  migrate as applyAll,
  commit as commitFile,
  type Settings,
  uncommit as uncommitFile,
} from 'graphile-migrate';
import { getSettings } from 'graphile-migrate/dist/commands/_common.js';
import { closeGraphilePools, loadProject, quietLogger } from '../apply/index.ts';
import { connect, createDatabase, openTarget, uniqueName } from '../postgres/index.ts';
import { EXIT, IuError, type Outcome } from '../report/index.ts';
import type { Context, Verb } from './verb.ts';

/*
 * For developers: graphile-migrate's own commit and uncommit with the two databases they need, made on a
 * disposable server, so that a migration can be written on a machine without PostgreSQL.
 */

export const commit: Verb = {
  name: 'commit',
  summary: 'turn migrations/current into the next committed migration, tried on a disposable server',
  configure: (command) => void command.argument('<message>', 'what it does, in a few words: names the file'),
  async run(context, _options, [message]): Promise<Outcome> {
    await withDevelopmentServer(context, (settings) => commitFile(settings, message));
    return newest(context, 'committed');
  },
};

export const uncommit: Verb = {
  name: 'uncommit',
  summary: 'move the newest committed migration back to migrations/current (only if applied nowhere)',
  async run(context): Promise<Outcome> {
    await withDevelopmentServer(context, async (settings) => {
      await applyAll(settings);
      await uncommitFile(settings);
    });
    return newest(context, 'uncommitted');
  },
};

/** Runs `work` with a database, a shadow of it and a root connection on a disposable server. */
async function withDevelopmentServer(
  context: Context,
  work: (settings: Settings) => Promise<void>,
): Promise<void> {
  const target = await openTarget(context.target, context.scope, context.progress.line);
  if (!target.disposable) {
    const message = `${target.describe()} is no disposable server: committing drops and makes databases`;
    throw new IuError('usage', { code: 'not_disposable', message, next: 'leave out --target' });
  }
  const admin = await connect(target.url, { application_name: 'iu commit' });
  const [database, shadow] = [uniqueName('development'), uniqueName('shadow')];
  for (const name of [database, shadow]) await createDatabase(admin, name);
  try {
    await work({
      ...(await getSettings({ configFile: join(context.root, '.gmrc') })),
      connectionString: target.database(database),
      shadowConnectionString: target.database(shadow),
      rootConnectionString: target.url,
      migrationsFolder: join(context.root, 'migrations'),
      logger: quietLogger(),
    });
  } catch (error) {
    throw notCommitted(error);
  } finally {
    await closeGraphilePools(admin);
    await admin.end();
  }
}

/** graphile-migrate reports a bad file as a plain Error, with its own excerpt where it has one. */
function notCommitted(error: unknown): IuError {
  const { message, _gmMessageOverride: detail } = error as Error & { _gmMessageOverride?: string };
  const next = 'mend it and run this again';
  const finding = { code: 'not_committed', message: `graphile-migrate: ${message}`, next };
  return new IuError('finding', detail ? { ...finding, detail } : finding, { cause: error });
}

async function newest(context: Context, verdict: string): Promise<Outcome> {
  const { migrations } = await loadProject(context.root);
  const file = migrations.at(-1)?.file.file;
  context.progress.line(file ? `the newest committed migration is ${file}` : 'no migration is committed');
  return { verdict, exit: EXIT.clean, items: file ? [{ file }] : [], findings: [] };
}
