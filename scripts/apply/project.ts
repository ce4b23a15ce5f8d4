import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, type Finding, IuError } from '../report/index.ts';
import { checkShape, type FileKind, loadParser, readSqlFile, type SqlFile } from '../sql/index.ts';
import { chainFindings } from './graphile.ts';
import type { Numbered } from './numbered.ts';

export interface Project {
  root: string;
  roles: SqlFile;
  migrations: Numbered[];
  runtime: Numbered[];
  probes: Numbered[];
  /** What is wrong with the files; empty when the project may be applied. */
  findings: Finding[];
}

interface Folder {
  path: string;
  names: RegExp;
  kind: FileKind;
  example: string;
}

const MIGRATIONS: Folder = {
  path: 'migrations/committed',
  names: /^(\d{6})-[a-z0-9-]+\.sql$/,
  kind: 'migration',
  example: '000007-add-ledger.sql',
};
const RUNTIME: Folder = {
  path: 'runtime',
  names: /^(\d{3})_[a-z0-9_]+\.sql$/,
  kind: 'runtime',
  example: '020_routes.sql',
};
const PROBES: Folder = { ...RUNTIME, path: 'sandbox', kind: 'probe' };

/**
 * Reads every SQL file of a project and checks all that can be checked without a server: names, encoding,
 * headers, syntax, transaction control, pairs. Everything wrong is listed in `findings`, not only the first.
 * Throws a usage error when `root` is no project at all.
 */
export async function loadProject(root: string): Promise<Project> {
  await loadParser();
  if (!existsSync(join(root, MIGRATIONS.path)) || !existsSync(join(root, 'migrations/roles.sql'))) {
    const message = `no project here: ${root} has no migrations/committed/ with migrations/roles.sql beside it`;
    throw new IuError('usage', { code: 'no_project', message, next: "run iu in the project's folder" });
  }
  const findings: Finding[] = [];
  const [roles, migrations, runtime, probes] = await Promise.all([
    read(root, 'migrations/roles.sql', findings),
    readFolder(root, MIGRATIONS, findings),
    readFolder(root, RUNTIME, findings),
    readFolder(root, PROBES, findings),
  ]);
  findings.push(...(await orphans(root, [...migrations, ...runtime])), ...requirements(runtime));
  if (!roles) throw new IuError('finding', findings);
  // Only of files that graphile-migrate can read: what is wrong with the others is said above.
  if (findings.length === 0) findings.push(...chainFindings(migrations));
  return { root, roles, migrations, runtime, probes, findings };
}

/** Throws what is wrong with the files, so that nothing is applied from a project that is not sound. */
export function assertSound(project: Project): void {
  if (project.findings.length > 0) throw new IuError('finding', project.findings);
}

/** Reads one file; what is wrong with it goes to `findings`, and null comes back. */
async function read(root: string, file: string, findings: Finding[]): Promise<SqlFile | null> {
  try {
    return await readSqlFile(join(root, file), file);
  } catch (error) {
    if (!(error instanceof IuError) || error.exit === EXIT.bug) throw error;
    findings.push(...error.findings);
    return null;
  }
}

async function readFolder(root: string, folder: Folder, findings: Finding[]): Promise<Numbered[]> {
  const names = await sqlFiles(root, folder.path);
  const seen = new Map<number, string>();
  const all = names.map(async (fileName): Promise<Numbered | null> => {
    const shown = `${folder.path}/${fileName}`;
    const number = Number(folder.names.exec(fileName)?.[1]);
    if (Number.isNaN(number)) {
      findings.push(misnamed(shown, folder));
      return null;
    }
    const twin = seen.get(number);
    if (twin) findings.push(sameNumber(shown, twin));
    seen.set(number, fileName);
    const file = await read(root, shown, findings);
    if (!file) return null;
    findings.push(...checkShape(file, folder.kind));
    if (folder.kind === 'migration') findings.push(...startsAsAdmin(file));
    const rollback = folder.kind === 'probe' ? null : await readRollback(root, fileName, folder, findings);
    return {
      number,
      name: fileName.replace(/\.sql$/, ''),
      file,
      rollback,
      verify: await readVerify(root, file, findings),
    };
  });
  return (await Promise.all(all)).filter((one) => one !== null).sort((a, b) => a.number - b.number);
}

async function sqlFiles(root: string, folder: string): Promise<string[]> {
  if (!existsSync(join(root, folder))) return [];
  const names = await readdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
    const message = `${folder}/ cannot be read: ${error.code}`;
    throw new IuError('usage', {
      code: 'folder_unreadable',
      message,
      next: 'make it a folder that you may read',
    });
  });
  return names.filter((name) => name.endsWith('.sql')).sort();
}

async function readRollback(
  root: string,
  fileName: string,
  folder: Folder,
  findings: Finding[],
): Promise<SqlFile | null> {
  const shown = `rollback/${fileName}`;
  if (!existsSync(join(root, shown))) {
    const message = `${folder.path}/${fileName} has no rollback: ${shown} is missing`;
    const next = `write ${shown}, the inverse of the file of that name (CONTRIBUTING.md)`;
    findings.push({ code: 'missing_rollback', message, file: shown, next });
    return null;
  }
  const rollback = await read(root, shown, findings);
  if (rollback) findings.push(...checkShape(rollback, folder.kind === 'migration' ? 'rollback' : 'runtime'));
  return rollback;
}

async function readVerify(root: string, file: SqlFile, findings: Finding[]): Promise<SqlFile | null> {
  const verify = file.headers.Verify;
  if (!verify) return null;
  if (existsSync(join(root, verify))) return read(root, verify, findings);
  const message = `${file.file} says it is verified by ${verify}, which does not exist`;
  findings.push({ code: 'missing_verify', message, file: file.file, next: 'correct the Verify header' });
  return null;
}

/** A rollback without its forward file is dead or misnamed. */
async function orphans(root: string, all: Numbered[]): Promise<Finding[]> {
  const forward = new Set(all.map((one) => `${one.name}.sql`));
  const known = await Promise.all([MIGRATIONS, RUNTIME].map((folder) => sqlFiles(root, folder.path)));
  for (const name of known.flat()) forward.add(name);
  return (await sqlFiles(root, 'rollback'))
    .filter((name) => !forward.has(name))
    .map((name) => ({
      code: 'orphan_rollback',
      message: `rollback/${name} belongs to no migration and no runtime script`,
      file: `rollback/${name}`,
      next: 'give it the name of the file it inverts, or delete it',
    }));
}

/** `Requires` names earlier runtime scripts (or gates, which only the database can judge). */
function requirements(runtime: Numbered[]): Finding[] {
  const numbers = new Map(runtime.map((one) => [one.name, one.number]));
  return runtime.flatMap((one) =>
    (one.file.headers.Requires ?? [])
      .filter((required) => /^\d{3}_/.test(required) && !((numbers.get(required) ?? Infinity) < one.number))
      .map((required) => ({
        code: 'unmet_requires',
        message: `${one.file.file} requires ${required}, which is no earlier runtime script`,
        file: one.file.file,
        next: 'correct the Requires header or the numbers',
      })),
  );
}

/** Default privileges and ownership are right only for what workflow_admin itself creates. */
function startsAsAdmin(file: SqlFile): Finding[] {
  if (
    file.headers.NoTransaction ||
    /^set\s+local\s+role\s+workflow_admin$/i.test(file.statements[0]?.text ?? '')
  ) {
    return [];
  }
  const message = `${file.file} does not start with "set local role workflow_admin;"`;
  const next = 'make it the first statement: what it creates belongs to workflow_admin';
  return [{ code: 'not_as_workflow_admin', message, file: file.file, next }];
}

function misnamed(file: string, folder: Folder): Finding {
  const next = `rename it like ${folder.example}`;
  return { code: 'misnamed_file', message: `${file} has no name that says its number`, file, next };
}

function sameNumber(file: string, twin: string): Finding {
  return {
    code: 'same_number',
    message: `${file} has the number of ${twin}`,
    file,
    next: 'renumber one of them',
  };
}
