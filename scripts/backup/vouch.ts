import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../postgres/index.ts';
import type { Scope } from '../report/index.ts';
import { withRoom } from './failure.ts';
import { openDraft } from './folder.ts';
import { type BackupRecord, recordText } from './record.ts';
import { askTool } from './vouched.ts';

/**
 * The record of a backup that another tool made and vouches for by its own check; kept in a folder in `out`
 * where one is given. Throws the refusals of askTool. Nothing was restored, and where the tool does not say
 * of which cluster its backup is, not even that is proven: `why` says so.
 */
export async function vouch(
  given: string,
  server: Identity,
  out: string | undefined,
  scope: Scope,
  log: (line: string) => void,
): Promise<{ record: BackupRecord; folder: string | null }> {
  const started = new Date();
  const said = await askTool(given, server.system_identifier);
  const proven = said.systemIdentifier !== null && server.system_identifier !== null;
  const record: BackupRecord = {
    format: 'iu-backup/1',
    mechanism: said.tool,
    grade: 'vouched',
    why:
      `${said.tool} says so of its backup ${said.label}, finished ${said.finishedAt.toISOString()}; nothing was restored` +
      (proven ? '' : ', and that it is a backup of this very cluster could not be seen'),
    server,
    program: said.program,
    startedAt: started.toISOString(),
    finishedAt: new Date().toISOString(),
    file: null,
    bytes: said.bytes,
    sha256: null,
    fingerprint: null,
    roles: null,
    snapshot: null,
    seal: null,
    data: null,
    entries: null,
    restoredOn: null,
    notCompared: ['anything: the word of the tool is the evidence'],
    restore: [`${said.tool}: restore ${said.label} by its own manual`],
  };
  if (out === undefined) return { record, folder: null };
  const draft = await openDraft(out, server.database, scope, log);
  await withRoom(out, () => writeFile(join(draft.folder, 'backup.json'), recordText(record)));
  return { record, folder: await draft.finish() };
}
