import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyMigration,
  applyScript,
  graphileSettings,
  loadProject,
  openSession,
  prepareDatabase,
} from '../apply/index.ts';
import { connect, createDatabase, identify, uniqueName } from '../postgres/index.ts';
import { openWitness, type Witness } from '../proof/index.ts';
import { IuError } from '../report/index.ts';
import type { Connection } from './connection.ts';
import type { Context } from './verb.ts';

/** The target's own database, or on a disposable server a new one with all of the project applied. */
export async function databaseFor(
  context: Context,
  { target, client }: Connection,
  verb: string,
): Promise<string> {
  if (!target.disposable) return target.url;
  const name = uniqueName(`iu_${verb}`);
  await createDatabase(client, name);
  const url = target.database(name);
  if (existsSync(join(context.root, 'migrations'))) await applyAll(context, url, verb);
  return url;
}

async function applyAll(context: Context, url: string, verb: string): Promise<void> {
  const project = await loadProject(context.root);
  // a probe that is not sound is refused by itself
  const wrong = project.findings.filter(({ file }) => !file?.startsWith('sandbox/'));
  if (wrong.length > 0) throw new IuError('finding', wrong);
  const settings = await graphileSettings(context.root, url);
  const client = await connect(url, { application_name: `iu ${verb}` });
  try {
    const session = openSession(client, await identify(client), false);
    const count = `${project.migrations.length} migrations and ${project.runtime.length} runtime scripts`;
    await context.progress.step(`apply ${count}`, async () => {
      await prepareDatabase(client, project, settings);
      for (const one of project.migrations) await applyMigration(session, project, settings, one);
      for (const one of project.runtime) await applyScript(session, one);
    });
  } finally {
    await client.end();
  }
}

/** Who watches the commits of a database from now to the end of the run, or why nobody does. */
export async function witnessOn(context: Context, url: string, verb: string): Promise<Witness | string> {
  const client = await connect(url, { application_name: `iu ${verb} witness` });
  context.scope.defer(() => client.end());
  const opened = await openWitness(client);
  if (opened.witness === null) {
    context.progress.line(`no witness: ${opened.missing}`);
    return opened.missing;
  }
  context.scope.defer(() => opened.witness.close().catch(() => {}));
  return opened.witness;
}
