import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { brokenLinks, hasLedger } from '../evidence/index.ts';
import { describeHolder, lockHolder } from '../postgres/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { compareDigests } from '../sql/index.ts';
import { graphileName, hashFindings } from './graphile.ts';
import type { Numbered } from './numbered.ts';
import { invalidIndexes } from './preflight.ts';
import type { Project } from './project.ts';

/**
 * pending: not applied. applied: applied from exactly these bytes. drifted: since then comments or whitespace
 * were edited. tampered: since then the file or its rollback was changed, removed, or never recorded.
 */
export type State = 'applied' | 'pending' | 'drifted' | 'tampered';

export interface FileState {
  file: string;
  state: State;
  appliedAt: string | null;
  actor: string | null;
  [key: string]: unknown;
}

export interface Status {
  items: FileState[];
  findings: Finding[];
}

interface Applied {
  filename: string;
  hash: string;
  applied_at: string;
  actor: string | null;
  file: string | null;
  [digest: string]: string | null;
}

const sql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/**
 * Compares the project's migrations with what the database says was applied. Reads only; works on a standby.
 * Says nothing of objects somebody changed by hand: that is what seals are for.
 */
export async function chainStatus(client: pg.Client, project: Project): Promise<Status> {
  await assertReadable(client);
  if (!(await hasLedger(client))) {
    return { items: project.migrations.map(pending), findings: hashFindings(project.migrations) };
  }
  const applied = new Map(
    (await client.query<Applied>(await sql('./applied.sql'))).rows.map((row) => [row.filename, row]),
  );
  const items: FileState[] = [];
  const findings: Finding[] = [];
  for (const one of project.migrations) {
    const row = applied.get(graphileName(one));
    applied.delete(graphileName(one));
    const judged = row ? judge(one, row) : { item: pending(one), findings: hashFindings([one]) };
    items.push(judged.item);
    findings.push(...judged.findings);
  }
  for (const row of applied.values()) {
    const file = row.file ?? row.filename;
    items.push({ file, state: 'tampered', appliedAt: row.applied_at, actor: row.actor });
    const message = `${file} was applied to this database and is not in the project`;
    findings.push({
      code: 'applied_file_missing',
      message,
      file,
      next: 'restore it from git, or use the right checkout',
    });
  }
  findings.push(
    ...(await unfinished(client)),
    ...(await ledgerFindings(client)),
    ...(await invalidIndexes(client)),
  );
  return { items, findings };
}

/** A login that may not look must not be told that everything is pending. */
async function assertReadable(client: pg.Client): Promise<void> {
  const { rows } = await client.query(await sql('./may-read-ledger.sql'));
  if (rows[0].may_read) return;
  const message = `user ${rows[0].user} may not read the ledger of this database`;
  const next = `have a DBA run: grant context_pack_readonly to ${pg.escapeIdentifier(rows[0].user)}`;
  throw new IuError('refused', { code: 'may_not_read_ledger', message, object: 'iu_ledger.event', next });
}

const pending = (one: Numbered): FileState => ({
  file: one.file.file,
  state: 'pending',
  appliedAt: null,
  actor: null,
});

function judge(one: Numbered, row: Applied): { item: FileState; findings: Finding[] } {
  const file = one.file.file;
  const item: FileState = { file, state: 'applied', appliedAt: row.applied_at, actor: row.actor };
  if (row.forward_sha256 === null) {
    const message = `${file} is applied, but the ledger does not know by whom and from which bytes`;
    const next = 'find out who applied it without iu; roll it back and apply it again';
    return { item: { ...item, state: 'tampered' }, findings: [{ code: 'unrecorded', message, file, next }] };
  }
  const findings = (
    [
      ['forward', one.file],
      ['rollback', one.rollback],
      ['verify', one.verify],
    ] as const
  ).flatMap(([name, now]) => {
    const recorded = { sha256: row[`${name}_sha256`] ?? '', digest: row[`${name}_digest`] ?? '' };
    const shown = now?.file ?? `${name} of ${file}`;
    if (!now) return recorded.sha256 === '' ? [] : [edited('semantic', shown, name)];
    // The Hash line is left out of the digest, but it is the name under which the file is applied.
    const renamed = name === 'forward' && now.headers.Hash !== row.hash;
    const edit = renamed ? 'semantic' : compareDigests(recorded, now);
    return edit === 'same' ? [] : [edited(edit, shown, name)];
  });
  if (findings.some((finding) => finding.code === 'edited')) item.state = 'tampered';
  else if (findings.length > 0) item.state = 'drifted';
  return { item, findings };
}

function edited(edit: 'cosmetic' | 'semantic', file: string, name: string): Finding {
  const what = name === 'forward' ? 'it was applied' : `the ${name} file was recorded`;
  if (edit === 'cosmetic') {
    const message = `cosmetic edit: only comments or whitespace of ${file} changed since ${what}`;
    return {
      code: 'edited_cosmetic',
      message,
      file,
      next: 'nothing needs doing; git log shows who changed it',
    };
  }
  const message = `semantic edit: ${file} changed since ${what}`;
  const next = `restore it (git log -- ${file}) and put the change into a new migration`;
  return { code: 'edited', message, file, next };
}

/** Files that were begun and not ended: by a run that is going on, or by one that was killed. */
async function unfinished(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query(await sql('./interrupted.sql'));
  if (rows.length === 0) return [];
  const holder = await lockHolder(client);
  if (holder) {
    const message = `a run is going on: ${describeHolder(holder)}`;
    return [{ code: 'running', message, next: 'wait until it ends, and ask again' }];
  }
  return rows.map((row) => ({
    code: 'interrupted',
    message: `${row.kind} of ${row.file} by ${row.actor} started at ${row.started_at} and never ended`,
    file: row.file,
    next: 'that run was killed, and what was in its transaction is undone: run it again',
  }));
}

async function ledgerFindings(client: pg.Client): Promise<Finding[]> {
  return (await brokenLinks(client)).map(({ seq, problem }) => ({
    code: 'ledger_broken',
    message: `the ledger does not add up at event ${seq}: ${problem}`,
    object: `iu_ledger.event ${seq}`,
    next: 'somebody with superuser rights wrote to it: keep a backup as evidence before anything else',
  }));
}
